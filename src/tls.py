"""TLS contexts: of our servers, whose certificate files may change while they run, and of connections that we open."""

import ssl
from pathlib import Path
from typing import Any

from mixminus import log
from mixminus.errors import Unavailable

__all__ = ["ServerTls", "certificate_names", "client_context"]

_log = log.get("tls")


class ServerTls:
    """A server's context. New handshakes use the newest files; connections keep what they began with."""

    def __init__(self, certificate: Path, key: Path, clients: Path | None = None) -> None:
        """Load a certificate chain and its key, both PEM; raise Unavailable if they are not a pair.

        Clients are asked for a certificate of an authority in the PEM file ``clients``; they may have none.
        """
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        if clients:
            self.context.verify_mode = ssl.CERT_OPTIONAL
            _add_authorities(self.context, clients)
        self.files = (certificate, key)
        self._state = self._changed()
        try:
            self._load()
        except (OSError, ssl.SSLError) as error:
            raise Unavailable(
                f"the certificate {certificate} and the key {key} cannot be used ({error}); "
                "both must be PEM files that belong together and that this user may read"
            ) from None

    def refresh(self) -> bool:
        """Load the files again if they have changed; keep the old ones if they cannot be used.

        Returns whether new ones are used. A key that is written after its certificate is found at the next call.
        """
        state = self._changed()
        if state == self._state:
            return False
        try:
            # On a context of its own first: one half of a pair must not replace the old one.
            trial = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            trial.load_cert_chain(*self.files)
            self._load()
        except (OSError, ssl.SSLError) as error:
            _log.warning("certificate not usable", certificate=str(self.files[0]), cause=str(error))
            return False
        finally:
            self._state = state
        _log.info("certificate reloaded", certificate=str(self.files[0]))
        return True

    def _load(self) -> None:
        self.context.load_cert_chain(*self.files)

    def _changed(self) -> tuple[tuple[int, int, int], ...]:
        """Return what differs after a file was written or replaced."""
        found = []
        for path in self.files:
            try:
                status = path.stat()
            except OSError:
                found.append((0, 0, 0))
            else:
                found.append((status.st_mtime_ns, status.st_size, status.st_ino))
        return tuple(found)


def client_context(trusted: Path | None = None, own: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    """Return a context that verifies servers by the system's authorities, and by those of a PEM file.

    ``own`` are certificate chain and key, for servers that ask. Raises Unavailable if a file cannot be read.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trusted:
        _add_authorities(context, trusted)
    if own:
        try:
            context.load_cert_chain(*own)
        except (OSError, ssl.SSLError) as error:
            raise Unavailable(f"the certificate {own[0]} and its key cannot be used ({error})") from None
    return context


def certificate_names(connection: ssl.SSLObject) -> tuple[str, ...]:
    """Return the domains that a client's verified certificate is for (RFC 5922 section 7.1), in lower case.

    They are its DNS names and the hosts of its SIP URIs, or the common name of one that has neither. Empty without a
    certificate, and for a connection that we have opened.
    """
    certificate: dict[str, Any] = (connection.getpeercert() or {}) if connection.server_side else {}
    names = [
        value.removeprefix("sip:").lower()
        for kind, value in certificate.get("subjectAltName", ())
        if kind == "DNS" or (kind == "URI" and value.startswith("sip:") and "@" not in value)
    ]
    if not names:
        subject = [pair for group in certificate.get("subject", ()) for pair in group]
        names = [value.lower() for name, value in subject if name == "commonName"]
    return tuple(dict.fromkeys(names))


def _add_authorities(context: ssl.SSLContext, authorities: Path) -> None:
    try:
        context.load_verify_locations(authorities)
    except (OSError, ssl.SSLError) as error:
        raise Unavailable(f"{authorities} holds no certificate authorities in PEM form ({error})") from None
