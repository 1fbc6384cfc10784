"""Our end of a leg's media: its port in the engine, and what session descriptions say of it."""

import secrets
from collections.abc import Callable
from typing import Final

from mixminus.call.secure_media import SecureMedia, SecureMedias
from mixminus.clock import Clock
from mixminus.mixer import Engine, EngineEvent, Port
from mixminus.mixer.events import HoldEnded, HoldStarted
from mixminus.sip.config import SipConfig
from mixminus.sip.sdp import crypto
from mixminus.sip.sdp.dtls import SECRET_BYTES, DtlsEnd
from mixminus.sip.sdp.negotiation import LocalEnd

__all__ = ["MediaEnds"]

# Below 2**31: some phones keep the numbers of the o= line in a signed 32-bit integer.
_SESSION_ID_BITS: Final = 31
_US_PER_S: Final = 1_000_000


class MediaEnds:
    """Opens ports for legs, and describes them."""

    def __init__(
        self, engine: Engine, config: SipConfig, clock: Clock, on_event: Callable[[EngineEvent], None]
    ) -> None:
        self._engine = engine
        self._config = config
        self._clock = clock
        self._on_event = on_event
        self._secure_medias: SecureMedias | None = None

    def use_secure_media(self, medias: SecureMedias) -> None:
        """Open ports for ICE and DTLS-SRTP too from now on."""
        self._secure_medias = medias

    def open_port(self, *, secure: bool) -> tuple[Port, SecureMedia | None]:
        """Open a port; ``secure`` for audio by ICE and DTLS-SRTP, where that is possible."""
        if not secure or self._secure_medias is None:
            return self._engine.open_rtp_port(), None
        media = self._secure_medias.open_media()
        return media.port, media

    def describe(self, port: Port, secure: SecureMedia | None, peer: str) -> LocalEnd:
        """Return our end towards a peer, with new keys; an offer that names another address turns it to that one's family."""
        hosts, rtp_port = secure.address if secure else (self._config.advertised_hosts, port.local_port)
        host, *other = hosts
        return LocalEnd(
            host=host,
            rtp_port=rtp_port,
            session_id=secrets.randbits(_SESSION_ID_BITS),
            codecs=self._config.codecs,
            ptime_ms=self._engine.config.ptime_ms,
            key_material=secrets.token_bytes(crypto.KEY_MATERIAL_BYTES),
            dtls=DtlsEnd(secure.fingerprint, secure.ssrc, secrets.token_bytes(SECRET_BYTES))
            if secure
            else None,
            other_host="".join(other),
        ).facing(peer)

    def hold_reporter(self, port: Port) -> Callable[[bool], None]:
        """Return what a leg calls when its phone begins or ends to hold: the port follows, then an event."""

        def report(on: bool) -> None:
            port.set_on_hold(on, heard=self._config.hold_music_heard)
            at_us = int(self._clock.monotonic_s() * _US_PER_S)
            self._on_event(HoldStarted(port.id, at_us) if on else HoldEnded(port.id, at_us))

        return report
