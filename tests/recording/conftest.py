"""A server for each test."""

from tests.support.backend import backend

__all__ = ["backend"]
