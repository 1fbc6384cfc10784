"""What the behaviours of api.md section 18 are shown on: a door where that is enough, else a whole site."""

from tests.api.conftest import door
from tests.support.house import house
from tests.support.site import site

__all__ = ["door", "house", "site"]
