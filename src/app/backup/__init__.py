"""Backups: the database and the data folder in one file, made while the server runs, and checked when restored."""
