"""A server whose recognisers read tones."""

from tests.support.house import house

__all__ = ["house"]
