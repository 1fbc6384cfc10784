"""A conference media server: phones and browsers in one conference, controlled by one API."""
