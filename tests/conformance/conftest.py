"""The server's HTTP door for each test."""

from tests.api.conftest import door

__all__ = ["door"]
