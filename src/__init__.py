"""A conference media server: phones and browsers in one room, by one API."""
