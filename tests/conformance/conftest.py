"""What the behaviours of api.md section 18 are shown on: a door where that is enough, else a whole server."""

from tests.api.conftest import door
from tests.e2e.conftest import server

__all__ = ["door", "server"]
