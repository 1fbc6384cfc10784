"""Privacy: what the server has of one person, erased or exported; and how long data is kept."""
