"""Usage of rooms: measured when participants leave, charged to balances, reported."""
