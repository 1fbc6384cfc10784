"""What things are: frozen dataclasses, state tables, identifiers and permission bits. Pure, and imported by all."""
