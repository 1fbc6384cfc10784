"""Translation of transcripts by programs of the machine."""
