"""The API's description in OpenAPI 3.1: one row an operation, made of the models that the server validates with.

To describe a route that is new: write its row (``Operation``) in the file of its resource here, or in
a new file named in ``table.py``; give it the body's model from ``api.schemas`` and the answer's from
``shapes.py``. What follows from method and path (identifiers, conditions, Idempotency-Key, the errors
of each) is added by ``implied.py``. ``tests/api/test_openapi.py`` fails until routes and rows agree.
"""
