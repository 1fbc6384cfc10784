"""How hosts are written before a port."""

__all__ = ["bracketed"]


def bracketed(host: str) -> str:
    """Return a host with brackets if it is an IPv6 address that has none yet (RFC 3986 section 3.2.2)."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
