"""The fixture ``backend``: one server's services, for each test."""

from tests.support.backend import backend

__all__ = ["backend"]
