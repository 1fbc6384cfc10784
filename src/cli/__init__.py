"""The ``mixminus`` command: runs the server, and commands one by its API."""
