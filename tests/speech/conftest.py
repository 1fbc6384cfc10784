"""A server whose recognisers read tones."""

from tests.support.backend import backend

__all__ = ["backend"]
