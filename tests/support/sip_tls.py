"""Certificates for the tests of SIP over TLS, and an endpoint and phones that use them."""

import datetime
import ssl
from pathlib import Path
from typing import Any

from mixminus.app.local_authority import LocalAuthority
from mixminus.sip.config import SipConfig

__all__ = ["client_context", "local_authority", "tls_config"]


def local_authority(folder: Path, *names: str) -> LocalAuthority:
    """Return an authority that has signed a certificate for these names."""
    made = LocalAuthority(folder)
    made.ensure(names, datetime.datetime.now(datetime.UTC))
    return made


def tls_config(authority: LocalAuthority, **more: Any) -> SipConfig:
    """Return the settings of an endpoint with this authority's certificate; ``more`` names the ports."""
    return SipConfig(
        port=0,
        tls_certificate=str(authority.certificate),
        tls_key=str(authority.key),
        max_calls=4,
        **more,
    )


def client_context(authority: LocalAuthority) -> ssl.SSLContext:
    """Return what a phone that trusts this authority connects with."""
    return ssl.create_default_context(cafile=str(authority.root))
