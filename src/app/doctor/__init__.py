"""What the machine and the settings let the server do: the findings of ``mixminus doctor``, each with its remedy."""
