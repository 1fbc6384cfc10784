"""Rooms over several nodes: legs at nodes that are not a room's home."""
