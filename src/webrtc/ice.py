"""ICE in SDP: credentials, candidates, and fragments of trickle ICE (RFC 8840)."""

import re
from dataclasses import dataclass, field
from typing import Final

from aioice import Candidate
from aioice.candidate import candidate_foundation

from mixminus.errors import InvalidArgument
from mixminus.hosts import family_of

__all__ = [
    "FRAGMENT_TYPE",
    "MAX_CANDIDATES",
    "Fragment",
    "IceCredentials",
    "parse_candidate",
    "parse_fragment",
    "render_fragment",
    "tcp_candidate",
    "usable",
]

FRAGMENT_TYPE: Final = "application/trickle-ice-sdpfrag"
# A peer makes us send checks to each address that it names: RFC 8445 section 19.5.1 requires a limit.
MAX_CANDIDATES: Final = 32
_MAX_FRAGMENT_CHARS: Final = 16_384
_MAX_PORT: Final = 65_535
# RFC 6544 section 4.2: a type preference below UDP's 126, direction preference 4 for passive, component 1.
_TCP_PRIORITY: Final = (90 << 24) + (((4 << 13) + 8191) << 8) + 255
_UFRAG: Final = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PWD: Final = re.compile(r"[A-Za-z0-9+/]{22,256}")


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """One side's user fragment and password (RFC 8839 section 5.4)."""

    ufrag: str
    pwd: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _UFRAG.fullmatch(self.ufrag):
            raise InvalidArgument("a=ice-ufrag is missing or malformed")
        if not _PWD.fullmatch(self.pwd):
            raise InvalidArgument("a=ice-pwd is missing or malformed")


@dataclass(frozen=True, slots=True)
class Fragment:
    """The body of a PATCH: candidates, and credentials if there are any."""

    ice: IceCredentials | None
    ufrag: str
    """The generation that the candidates belong to; empty if the fragment does not name it."""
    candidates: tuple[Candidate, ...]


def parse_candidate(value: str) -> Candidate:
    """Parse the value of an ``a=candidate`` line."""
    try:
        return Candidate.from_sdp(value)
    except ValueError as error:
        raise InvalidArgument(f"a=candidate is malformed: {error}") from None


def usable(candidate: Candidate) -> bool:
    """Return whether our one UDP socket can reach the candidate.

    Names (mDNS) are not resolved: such a browser reaches us, and its address is the source
    of its first authenticated request.
    """
    return (
        family_of(candidate.host) != 0
        and candidate.component == 1
        and candidate.transport.lower() == "udp"
        and 0 < candidate.port <= _MAX_PORT
        and candidate.type in ("host", "srflx", "relay")
    )


def tcp_candidate(host: str, port: int, *, rank: int = 0) -> Candidate:
    """Return a passive TCP candidate of ours (RFC 6544 section 4.5); its priority is below UDP's.

    ``rank`` counts our addresses, the preferred one first.
    """
    return Candidate(
        foundation=candidate_foundation("host", "tcp", host),
        component=1,
        transport="tcp",
        priority=_TCP_PRIORITY - (rank << 8),
        host=host,
        port=port,
        type="host",
        tcptype="passive",
    )


def parse_fragment(text: str) -> Fragment:
    """Parse the body of a PATCH (RFC 8840 section 9); InvalidArgument if it is malformed."""
    if len(text) > _MAX_FRAGMENT_CHARS:
        raise InvalidArgument("the SDP fragment is too long")
    ufrag = pwd = ""
    candidates: list[Candidate] = []
    for line in text.splitlines():
        name, _, value = line.strip().partition(":")
        match name:
            case "a=ice-ufrag":
                ufrag = value
            case "a=ice-pwd":
                pwd = value
            case "a=candidate":
                candidates.append(parse_candidate(value))
    if len(candidates) > MAX_CANDIDATES:
        raise InvalidArgument(f"more than {MAX_CANDIDATES} candidates")
    ice = IceCredentials(ufrag, pwd) if pwd else None
    return Fragment(ice, ufrag, tuple(candidates))


def render_fragment(*, mid: str, ice: IceCredentials, candidates: tuple[Candidate, ...]) -> str:
    """Return our fragment after an ICE restart (RFC 9725 section 4.3.3): credentials and all candidates."""
    lines = [
        f"a=ice-ufrag:{ice.ufrag}",
        f"a=ice-pwd:{ice.pwd}",
        "m=audio 9 UDP/TLS/RTP/SAVPF 0",
        f"a=mid:{mid}",
        *(f"a=candidate:{candidate.to_sdp()}" for candidate in candidates),
        "a=end-of-candidates",
    ]
    return "\r\n".join(lines) + "\r\n"
