"""SecureMedia: audio of a SIP phone by ICE and DTLS-SRTP, as browsers send it; implemented by ``webrtc.phone_media``."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mixminus.model.call import HangupReason
from mixminus.model.media import PortMedia

if TYPE_CHECKING:  # the SIP processes have no engine
    from mixminus.mixer import Port

__all__ = ["Fingerprint", "IceKey", "SecureExchange", "SecureMedia", "SecureMedias"]


@dataclass(frozen=True, slots=True)
class IceKey:
    """One side's user fragment and password (RFC 8839 section 5.4)."""

    ufrag: str
    pwd: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The digest of a certificate (RFC 8122 section 5)."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class SecureExchange:
    """What an offer and its answer say about ICE and DTLS."""

    ours: IceKey
    theirs: IceKey
    is_lite: bool
    """Whether the far end is an ICE-lite agent (RFC 8445 section 2.5)."""
    candidates: tuple[str, ...]
    """The values of their ``a=candidate`` lines, as received."""
    fingerprints: tuple[Fingerprint, ...]
    """Of the certificates that the far end may use."""
    we_connect: bool
    """Whether we start the DTLS handshake (RFC 8842 section 5)."""
    we_offered: bool


class SecureMedia(Protocol):
    """The audio path of one leg; it closes the port."""

    @property
    def port(self) -> "Port": ...

    @property
    def fingerprint(self) -> str:
        """Of our certificate: the value of ``a=fingerprint``."""

    @property
    def ssrc(self) -> int: ...

    @property
    def address(self) -> tuple[tuple[str, ...], int]:
        """The addresses in our candidates, at most one of each family, and their port."""

    def watch(self, on_lost: Callable[[HangupReason], Awaitable[None]]) -> None:
        """Call ``on_lost`` when no connection comes about, or when it is lost."""

    def agree(self, exchange: SecureExchange) -> None:
        """Take an exchange: the first one, an ICE restart, or another certificate of the far end."""

    def configure(self, media: PortMedia) -> None:
        """Configure the port once the keys are there; the first call starts ICE."""

    def close(self) -> None:
        """Close the path and its port; closing twice is harmless."""


class SecureMedias(Protocol):
    """Opens audio paths."""

    def open_media(self) -> SecureMedia:
        """Open a path on the browsers' port; raise Unavailable if that port is not open."""
