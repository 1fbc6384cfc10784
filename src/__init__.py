"""A conference media server: phones and browsers in one room, by one API."""

__version__ = "0.1.0"
