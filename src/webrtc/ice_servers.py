"""STUN and TURN servers for browsers, with credentials that expire (RFC 9725 section 4.6).

The credentials follow the TURN REST API (draft-uberti-behave-turn-rest, coturn's ``use-auth-secret``): the user
name is the time at which they expire and a name, the password an HMAC of it under a secret that the TURN server
shares. Nothing has to be stored, and a credential that leaks is worthless after a day.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

__all__ = ["IceServers", "is_ice_uri", "is_relay"]

# RFC 7064 section 3.1, RFC 7065 section 3.1.
_URI: Final = re.compile(
    r"(stuns?|turns?):(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252})(:[0-9]{1,5})?(\?transport=(udp|tcp))?",
    re.ASCII,
)


def is_ice_uri(text: str) -> bool:
    """Return whether a text is the URI of a STUN server (without ``transport``) or of a TURN server."""
    return _URI.fullmatch(text) is not None and (is_relay(text) or "?" not in text)


def is_relay(uri: str) -> bool:
    """Return whether the server at a URI relays audio, and therefore wants a credential."""
    return uri.startswith("turn")


@dataclass(frozen=True, slots=True)
class IceServers:
    """The servers for browsers."""

    uris: tuple[str, ...] = ()
    secret: str = ""
    """Shared with the TURN servers."""
    lifetime: timedelta = timedelta(days=1)

    def links(self, now: datetime, name: str) -> str:
        """Return the value of a Link header with all servers, with credentials for ``name``; empty for none."""
        username = f"{int((now + self.lifetime).timestamp())}:{name}"
        digest = hmac.new(self.secret.encode(), username.encode(), hashlib.sha1).digest()
        credential = (
            f'; username="{username}"; credential="{base64.b64encode(digest).decode()}"'
            '; credential-type="password"'
        )
        return ", ".join(
            f'<{uri}>; rel="ice-server"{credential if is_relay(uri) else ""}' for uri in self.uris
        )
