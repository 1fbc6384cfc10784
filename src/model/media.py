"""The negotiated media of a port, as the engine takes it; processes that have no engine speak of it too."""

import enum
from dataclasses import dataclass, field

__all__ = [
    "CODECS",
    "Codec",
    "CodecFormat",
    "MediaDirection",
    "PortMedia",
    "SrtpKeys",
    "SrtpProfile",
]


class Codec(enum.StrEnum):
    """Encoding names as SDP writes them (RFC 3551, RFC 7587); L16 is used by PCM ports only."""

    PCMU = "PCMU"
    PCMA = "PCMA"
    G722 = "G722"
    OPUS = "opus"
    L16 = "L16"


# encoding name -> (RTP clock rate, PCM sample rate); G.722's RTP clock is not its sample rate (RFC 3551 section 4.5.2)
CODECS: dict[Codec, tuple[int, int]] = {
    Codec.PCMU: (8000, 8000),
    Codec.PCMA: (8000, 8000),
    Codec.G722: (8000, 16000),
    Codec.OPUS: (48000, 48000),
}


@dataclass(frozen=True, slots=True)
class CodecFormat:
    """A payload type and how its audio is encoded."""

    codec: Codec
    payload_type: int
    clock_rate_hz: int
    sample_rate_hz: int
    channels: int = 1
    ptime_ms: int = 20
    bitrate_bps: int = 0
    complexity: int = 5
    loss_percent: int = 0
    fec: bool = False


class SrtpProfile(enum.StrEnum):
    """Protection profiles by their SDES names (RFC 4568, RFC 6188, RFC 7714)."""

    AES_CM_128_HMAC_SHA1_80 = "AES_CM_128_HMAC_SHA1_80"
    AEAD_AES_128_GCM = "AEAD_AES_128_GCM"
    AEAD_AES_256_GCM = "AEAD_AES_256_GCM"
    AES_CM_128_HMAC_SHA1_32 = "AES_CM_128_HMAC_SHA1_32"
    AES_256_CM_HMAC_SHA1_80 = "AES_256_CM_HMAC_SHA1_80"
    AES_256_CM_HMAC_SHA1_32 = "AES_256_CM_HMAC_SHA1_32"


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master key followed by master salt, for each direction; excluded from the repr."""

    profile: SrtpProfile
    rx_key: bytes = field(repr=False)
    tx_key: bytes = field(repr=False)
    rx_mki: bytes = b""
    """The master key identifier in each packet (RFC 3711 section 3.1), up to 16 bytes; empty: packets carry none."""
    tx_mki: bytes = b""


class MediaDirection(enum.StrEnum):
    """SDP direction, from our side: sendonly means that we send and do not receive."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        return self in (MediaDirection.SENDRECV, MediaDirection.SENDONLY)

    @property
    def receives(self) -> bool:
        return self in (MediaDirection.SENDRECV, MediaDirection.RECVONLY)


@dataclass(frozen=True, slots=True)
class PortMedia:
    """Everything negotiated for a port; see ``Port.configure``."""

    receive: tuple[CodecFormat, ...]
    send: CodecFormat
    direction: MediaDirection = MediaDirection.SENDRECV
    remote: tuple[str, int] | None = None
    remote_rtcp: tuple[str, int] | None = None
    rtcp_mux: bool = False
    dtmf_payload_type: int | None = None
    dtmf_clock_rate_hz: int = 8000
    level_extension_id: int | None = None
    srtp: SrtpKeys | None = None
    ssrc: int | None = None
    """Our SSRC; None lets the engine choose."""
    signalling_hosts: tuple[str, ...] = ()
    """Addresses that signalling comes from, four at most: without SRTP, only they and ``remote``'s host may start."""
    opens_to_any_host: bool = False
    """Whether any host may start to send in the first ten seconds; those above can take over from it."""
    media_timeout_ms: int = 0
    """The time without packets after which ``MediaTimeout`` is emitted; 0 for ``EngineConfig.media_timeout_ms``."""
    max_delay_ms: int = 200
    """Upper limit of the jitter buffer's delay."""
