"""A server for each test, and a bucket for its recordings."""

from tests.support.backend import backend
from tests.support.s3 import bucket

__all__ = ["backend", "bucket"]
