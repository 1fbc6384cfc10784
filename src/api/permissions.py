"""Which permission a route needs (api.md section 1.6); what is not listed needs an admin or a manager."""

from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs

from mixminus.access.errors import NotPermitted
from mixminus.model.permissions import ADMIN, STAFF, Permission, allows

__all__ = ["needed", "require"]

# By the first word after the root. Services look closer: at whose thing it is, and at what rights it gives.
NEEDED: Final[Mapping[str, Permission]] = {
    "accesskeys": ADMIN,
    "agents": ADMIN,
    "customer": ADMIN,
    "customers": ADMIN,
    "me": Permission.NONE,
    # Any agent may listen; to what, each topic says.
    "service_agents": Permission.NONE,
    "ws": Permission.NONE,
}
READING: Final[Mapping[str, Permission]] = {"agents": STAFF}


def needed(method: str, route: str) -> Permission:
    """Return the bits of which one must be held for a method on a route, as ``/v1.0/accesskeys/{id}``."""
    _, _, resource, *_ = *route.split("/"), ""
    reading = READING.get(resource) if method == hdrs.METH_GET else None
    return reading if reading is not None else NEEDED.get(resource, STAFF)


def require(held: Permission, method: str, route: str) -> None:
    """Raise NotPermitted unless who holds these bits may do this."""
    if not allows(held, needed(method, route)):
        raise NotPermitted("your permission does not include this")
