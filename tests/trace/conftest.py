"""The services, as the other domains' tests have them."""

from tests.support.backend import backend

__all__ = ["backend"]
