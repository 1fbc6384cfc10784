"""ExternalMediaService: sends a call's audio to another program as RTP over UDP, and back (api.md 6.5)."""

import asyncio
import socket
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from mixminus.call.errors import CallNotProgressing
from mixminus.call.live import LiveCall
from mixminus.clock import Clock
from mixminus.errors import Exhausted, InvalidArgument, Unavailable
from mixminus.flow.services import Fork, Listen, Speak
from mixminus.log import task_failed
from mixminus.mixer import Engine, PortClosed
from mixminus.model.ids import CallId
from mixminus.model.media_stream import TELEPHONY_HZ, CallListen
from mixminus.streams.audio import CallAudio
from mixminus.streams.framing import MalformedFrame, Pcm, RtpPcmu
from mixminus.tasks import TaskScope

__all__ = ["MAX_FORKS", "ExternalMediaService", "TooManyForks"]

MAX_FORKS: Final = 5
"""Per call (api.md section 6.5)."""
_FRAME_S: Final = 0.02
_FRAME_SAMPLES: Final = 160
_MAX_BURST: Final = 50
"""Packets, one second: older frames are dropped, further packets wait in the socket."""
_RING_S: Final = 1
_START_DELAY_S: Final = 0.06
"""Delay at the start of a talk spurt of the far end: its packets arrive unevenly."""
_RESOLVE_TIMEOUT_S: Final = 5.0
_MAX_BYTES: Final = 2048
_LISTEN: Final = {Listen.IN: CallListen.IN, Listen.OUT: CallListen.OUT}

Address = tuple[Any, ...]


class TooManyForks(Exhausted):
    """A call has the maximum number of forks."""


class ExternalMediaService:
    """Implements ``flow.services.ExternalMedia``; owns a socket and a task per fork.

    ``reachable`` decides whether an address is allowed; exactly the address it allows is connected to.
    """

    def __init__(self, engine: Engine, clock: Clock, *, reachable: Callable[[str], bool]) -> None:
        self._engine = engine
        self._clock = clock
        self._reachable = reachable
        self._scope = TaskScope(task_failed("external media"))
        self._forks: defaultdict[CallId, list[_RtpFork]] = defaultdict(list)
        self.counters: Counter[str] = Counter(
            {
                "external.opened": 0,
                "external.frames_lost": 0,
                "external.packets_sent": 0,
                "external.packets_dropped": 0,
                "external.packets_late": 0,
                "external.packets_malformed": 0,
                "external.samples_heard": 0,
                "external.samples_overrun": 0,
                "external.unreachable": 0,
            }
        )

    @property
    def forks(self) -> int:
        """Number of active forks."""
        return sum(map(len, self._forks.values()))

    async def start(self, call: LiveCall, fork: Fork) -> None:
        """Start a fork, until the call ends.

        Raises InvalidArgument, Unavailable, TooManyForks, CallNotProgressing.
        """
        family, address = await self._resolved(fork)
        if len(self._forks.get(call.id, ())) >= MAX_FORKS:
            raise TooManyForks(f"call {call.id} has {MAX_FORKS} forks, the maximum")
        listen = _LISTEN.get(fork.listen, CallListen.BOTH)
        try:
            audio = CallAudio(self._engine, call.port, TELEPHONY_HZ, listen=listen, ring_s=_RING_S)
        except PortClosed as exc:
            raise CallNotProgressing(f"call {call.id} is ending") from exc
        try:
            rtp_fork = _RtpFork(fork, audio, _connected(family, address), self.counters)
        except OSError as exc:
            audio.close()
            raise Unavailable("external_host: no route to the host") from exc
        self._forks[call.id].append(rtp_fork)
        self.counters["external.opened"] += 1
        self._scope.spawn(f"external media {call.id}", self._run(call.id, rtp_fork))

    def stop(self, call_id: CallId) -> None:
        """Stop every fork of a call; harmless if there is none."""
        for rtp_fork in self._forks.get(call_id, ()):
            rtp_fork.close()

    async def close(self) -> None:
        """Stop every fork; closing twice is harmless."""
        await self._scope.close()

    async def _run(self, call_id: CallId, rtp_fork: "_RtpFork") -> None:
        try:
            while not rtp_fork.over:
                rtp_fork.send()
                await self._clock.sleep(_FRAME_S)
        finally:
            rtp_fork.close()
            self._forks[call_id].remove(rtp_fork)
            if not self._forks[call_id]:
                del self._forks[call_id]

    async def _resolved(self, fork: Fork) -> tuple[int, Address]:
        if not fork.host:
            raise InvalidArgument("external_host: missing")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_RESOLVE_TIMEOUT_S):
                found = await loop.getaddrinfo(fork.host, fork.port, type=socket.SOCK_DGRAM)
        except (OSError, TimeoutError, UnicodeError) as exc:
            raise Unavailable("external_host: the name cannot be resolved") from exc
        for family, _, _, _, address in found:
            if self._reachable(str(address[0])):
                return family, address
        raise InvalidArgument("external_host: leads to a private address, which is refused")


class _RtpFork:
    """One fork; its connected socket receives from the far end only."""

    def __init__(self, fork: Fork, audio: CallAudio, sock: socket.socket, counters: Counter[str]) -> None:
        self._fork = fork
        self._audio = audio
        self._socket = sock
        self._counters = counters
        self._rtp = RtpPcmu()
        self._closed = False
        if fork.speak is not Speak.NONE:
            asyncio.get_running_loop().add_reader(sock.fileno(), self._receive)

    @property
    def over(self) -> bool:
        return self._closed or self._audio.over

    def send(self) -> None:
        """Send what was heard since the last call."""
        heard = self._audio.read()
        self._counters["external.frames_lost"] += self._audio.take_losses()
        if self._fork.listen is Listen.NONE:
            return
        frames = heard.reshape(-1, _FRAME_SAMPLES)
        self._counters["external.packets_dropped"] += max(0, len(frames) - _MAX_BURST)
        for frame in frames[-_MAX_BURST:]:
            try:
                self._socket.send(self._rtp.wrap(frame))
                self._counters["external.packets_sent"] += 1
            except OSError:  # buffer full, or far end unreachable
                self._counters["external.packets_dropped"] += 1

    def close(self) -> None:
        """Stop sending and receiving; closing twice is harmless."""
        if not self._closed:
            self._closed = True
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._audio.close()

    def _receive(self) -> None:
        for _ in range(_MAX_BURST):
            try:
                packet = self._socket.recv(_MAX_BYTES)
            except BlockingIOError:
                return
            except OSError:  # ICMP: the far end is unreachable
                self._counters["external.unreachable"] += 1
                return
            self._hear(packet)

    def _hear(self, packet: bytes) -> None:
        try:
            pcm = self._rtp.unwrap(packet)
        except MalformedFrame:
            self._counters["external.packets_malformed"] += 1
            return
        if pcm is None:
            self._counters["external.packets_late"] += 1
            return
        self._play(pcm)

    def _play(self, pcm: Pcm) -> None:
        if not self._audio.pending:
            self._audio.write(np.zeros(int(_START_DELAY_S * TELEPHONY_HZ), np.int16))
        written = self._audio.write(pcm)
        self._counters["external.samples_heard"] += written
        self._counters["external.samples_overrun"] += pcm.size - written


def _connected(family: int, address: Address) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock
