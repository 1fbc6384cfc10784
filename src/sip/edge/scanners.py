"""Programs that search the network for servers to misuse, by the name that they give themselves.

Nothing is answered to them: they remove an address that is silent from their lists. A scanner may give another name, and
then learns no more than any caller (``authentication.py``).
"""

from typing import Final

from mixminus.sip.edge.message import Request

__all__ = ["is_scanner"]

_NAMES: Final = (
    "friendly-scanner",
    "friendly-request",
    "sipvicious",
    "sundayddr",
    "sipcli",
    "sip-scan",
    "sipscan",
    "smap",
    "iwar",
    "vaxsipuseragent",
    "vaxipuseragent",
    "pplsip",
)


def is_scanner(request: Request) -> bool:
    """Return whether User-Agent begins with the name of a known scanner."""
    return request.headers.first("user-agent").strip().lower().startswith(_NAMES)
