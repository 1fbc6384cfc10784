"""A WHIP client made of unmodified aiortc: it sends a tone and records what it receives."""

import asyncio
import fractions
import re
from collections.abc import Sequence

import numpy as np
from aioice.ice import CandidatePair
from aioice.stun import Message
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcdtlstransport import SRTP_PROFILES, SRTPProtectionProfile
from av import AudioFrame
from numpy.typing import NDArray

from tests.support.closing import close_at_the_end
from tests.support.relay import UdpRelay
from tests.support.tones import tone
from tests.support.waiting import pace, until
from tests.support.whip import Exchange

__all__ = ["AiortcClient"]

_RATE_HZ = 48_000
_FRAME_SAMPLES = 960


class _Sound(MediaStreamTrack):
    kind = "audio"

    def __init__(self, pcm: NDArray[np.int16]) -> None:
        super().__init__()
        self._pcm = pcm  # a second, sent again and again
        self._position = 0
        self._started_at: float | None = None

    async def recv(self) -> AudioFrame:
        now = asyncio.get_running_loop().time()
        if self._started_at is None:
            self._started_at = now
        await pace(self._started_at + self._position / _RATE_HZ - now)
        start = self._position % _RATE_HZ
        frame = AudioFrame.from_ndarray(self._pcm[None, start : start + _FRAME_SAMPLES], "s16", "mono")
        frame.sample_rate = _RATE_HZ
        frame.pts = self._position
        frame.time_base = fractions.Fraction(1, _RATE_HZ)
        self._position += _FRAME_SAMPLES
        return frame


class AiortcClient:
    """A client that joins by WHIP after it has gathered all candidates."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        hz: float = 440.0,
        second: NDArray[np.int16] | None = None,
        srtp_profiles: Sequence[SRTPProtectionProfile] = SRTP_PROFILES,
    ) -> None:
        """Send a tone of an integer frequency, or a second of audio at 48 kHz that is repeated."""
        self._exchange = exchange
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        # A tone has a whole number of periods in a second.
        sender = self.connection.addTrack(_Sound(tone(hz, 1.0) if second is None else second))
        # aiortc has no public option for this.
        sender.transport._srtp_profiles = list(srtp_profiles)
        self.connection.on("track", self._listen)
        self._heard: list[NDArray[np.int16]] = []
        self._listener: asyncio.Task[None] | None = None
        self.location = self.answer = ""
        close_at_the_end(self.leave)

    async def join(self, *, behind: UdpRelay | None = None, stereo: bool = False) -> None:
        """Join, and return once ICE and DTLS are connected; all datagrams go through ``behind``.

        With ``stereo`` it asks to receive two channels.
        """
        await self.connection.setLocalDescription(await self.connection.createOffer())
        offer = self.connection.localDescription.sdp
        if behind is not None:  # the server must not learn an address that avoids the relay
            offer = re.sub(r"a=candidate:.*\r\n", "", offer)
        if stereo:
            offer = re.sub(r"(a=rtpmap:(\d+) opus/48000/2\r\n)", r"\1a=fmtp:\2 stereo=1\r\n", offer)
        reply = await self._exchange("POST", "", {}, offer)
        if reply.status != 201:
            raise ConnectionError(reply.body)
        self.location = reply.headers["location"]
        answer = self.answer = reply.body
        if behind is not None:
            answer = re.sub(r"(a=candidate:.* )\d+( typ host)", rf"\g<1>{behind.address[1]}\2", answer)
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await until(lambda: self.connection.connectionState == "connected")

    def send_checks_as_ffmpeg(self) -> None:
        """Leave PRIORITY and the role out of all STUN requests, and nominate by each, as FFmpeg's WHIP does."""
        ice = self.connection.getSenders()[0].transport.transport._connection
        build = ice.build_request

        def build_bare(pair: CandidatePair, nominate: bool) -> Message:
            request = build(pair, nominate)
            for name in ("PRIORITY", "ICE-CONTROLLING", "ICE-CONTROLLED"):
                request.attributes.pop(name, None)
            request.attributes["USE-CANDIDATE"] = None
            return request

        ice.build_request = build_bare  # type: ignore[method-assign]  # of this client alone

    async def hear(self, seconds: float) -> NDArray[np.int16]:
        """Return the next ``seconds`` of what arrives, 48 kHz mono."""
        self._heard.clear()
        wanted = int(seconds * _RATE_HZ)
        await until(lambda: sum(map(len, self._heard)) >= wanted, within_s=seconds + 15.0)
        return np.concatenate(self._heard)[:wanted]

    async def leave(self) -> None:
        """Close the connection without an HTTP request; closing twice is harmless."""
        await self.connection.close()
        if self._listener is not None:
            await self._listener

    def _listen(self, track: MediaStreamTrack) -> None:
        self._listener = asyncio.ensure_future(self._keep(track))

    async def _keep(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                pcm = frame.to_ndarray()[0, :: len(frame.layout.channels)]
                self._heard.append(pcm.astype(np.int16, copy=False))
        except MediaStreamError:
            return
