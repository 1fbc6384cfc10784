"""Soak: keep a server busy for a long time, and see whether what it uses stays flat."""
