"""The fixture ``house``: one server's services, for each test."""

from tests.support.house import house

__all__ = ["house"]
