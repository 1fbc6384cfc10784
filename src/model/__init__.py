"""The domain model: frozen dataclasses, state tables, identifiers and permission bits.

Pure, and imported by all.
"""
