"""Challenges of the far end to our calls, read and written again for pjsip (RFC 7616 section 3.3). Pure."""

from typing import Final

from mixminus.sip.edge.digest import read_parameters
from mixminus.sip.grammar import Unreadable

__all__ = ["rewrite_challenge"]

_ALGORITHMS: Final = {"md5": "MD5", "sha-256": "SHA-256", "": ""}


def rewrite_challenge(value: str) -> str:
    """Return the parameters that pjsip needs; an empty text for a challenge that it cannot answer."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest" or not rest.isascii():
        return ""
    found = read_parameters(rest)
    algorithm = _ALGORITHMS.get(found.get("algorithm", "").lower())
    if algorithm is None or "realm" not in found or "nonce" not in found:
        return ""
    parameters = [f"{name}={_quoted(found[name])}" for name in ("realm", "nonce", "opaque") if name in found]
    if found.get("stale", "").lower() == "true":
        parameters.append("stale=true")
    if algorithm:
        parameters.append(f"algorithm={algorithm}")
    if "qop" in found:
        if "auth" not in [each.strip().lower() for each in found["qop"].split(",")]:
            return ""
        parameters.append('qop="auth"')
    return f"Digest {', '.join(parameters)}"


def _quoted(value: str) -> str:
    if not value.isprintable():
        raise Unreadable("a challenge contains control characters")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
