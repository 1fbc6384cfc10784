"""The capacity of a whole conference server, measured from outside by calls: ``python -m bench.capacity``."""
