"""LocalLegs: calls within the server, from an outgoing call to the flow of one of the customer's own numbers.

    outgoing call -- its leg == PCM both ways, every 20 ms == leg -- incoming call, which runs the number's flow

Neither SIP nor the network take part, and no place of a SIP worker is used.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Protocol
from uuid import UUID

from mixminus.call.leg import Address, IncomingLegs, LegEnded, Target, Transport
from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.log import task_failed
from mixminus.mixer import PcmPort
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId, new_id
from mixminus.model.signalling import NO_HEADERS, Signalled
from mixminus.model.srtp import SrtpPolicy
from mixminus.tasks import TaskScope

__all__ = ["MAX_CALLS", "LocalLeg", "LocalLegs", "OpensPorts"]

MAX_CALLS: Final = 50
"""Of one customer at a time: the flow of a number may call the number itself."""
SAMPLE_RATE_HZ: Final = 16_000
PERIOD_S: Final = 0.02
MAX_AHEAD: Final = SAMPLE_RATE_HZ // 5
"""Samples that may wait on their way: more would only be delay."""
_BUSY: Final = 486
_UNANSWERED: Final = frozenset({408, 480, 487, 603})


class OpensPorts(Protocol):
    """Opens ports whose audio is PCM: ``mixer.Engine``."""

    def open_pcm_port(self, sample_rate_hz: int) -> PcmPort: ...


class LocalLeg:
    """One end of a call within the server; implements ``call.leg.OutgoingLeg`` and ``call.leg.Leg``."""

    peer: "LocalLeg"

    def __init__(self, port: PcmPort, *, is_called: bool) -> None:
        self.id = LegId(new_id())
        self.port = port
        self._is_called = is_called
        loop = asyncio.get_running_loop()
        self._rang: asyncio.Future[bool] = loop.create_future()
        self._answered: asyncio.Future[bool] = loop.create_future()
        self._early: asyncio.Future[bool] = loop.create_future()
        self._ended: asyncio.Future[LegEnded] = loop.create_future()

    @property
    def transport(self) -> Transport:
        return "local"

    @property
    def over(self) -> bool:
        return self._ended.done()

    async def rang(self) -> bool:
        """Wait until the other end rings; False if it answers or ends before."""
        return await asyncio.shield(self._rang)

    async def early_media(self) -> bool:
        """Wait until the other end is heard before it answers; False if it answers or ends before."""
        return await asyncio.shield(self._early)

    async def answered(self) -> bool:
        """Wait until the other end answers; False if it ends before."""
        return await asyncio.shield(self._answered)

    def send_text(self, text: str) -> bool:
        """Return False: it shows no texts."""
        return False

    async def responds(self) -> bool:
        """Return whether the other end is there."""
        return not self.over

    async def ended(self) -> LegEnded:
        """Wait for the end of the leg."""
        return await asyncio.shield(self._ended)

    def set_media_timeout(self, timeout_s: int) -> None:
        """Do nothing: the audio does not leave the server."""

    def apply_srtp(self, policy: SrtpPolicy) -> bool:
        """Return True: the audio does not leave the server."""
        return True

    async def ring(self) -> None:
        """Signal ringing to the other end."""
        _resolve(self.peer._rang, True)

    async def open_early_media(self) -> bool:
        """Let the other end hear this one; audio is carried both ways from the start."""
        _resolve(self.peer._early, True)
        return True

    async def answer(self, headers: Mapping[str, str] = NO_HEADERS) -> None:
        """Answer the other end."""
        _resolve(self.peer._rang, False)
        _resolve(self.peer._early, False)
        _resolve(self.peer._answered, True)

    async def reject(self, status_code: int) -> None:
        """Reject the other end with a SIP status code."""
        reason = HangupReason.BUSY if status_code == _BUSY else HangupReason.FAILED
        if status_code in _UNANSWERED:
            reason = HangupReason.NOANSWER
        self._end(LegEnded(HangupReason.NORMAL, remote=False))
        self.peer._end(LegEnded(reason, remote=True))

    async def hang_up(
        self, reason: HangupReason = HangupReason.NORMAL, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        """End both legs."""
        seen = self._seen_by_peer(reason)
        self._end(LegEnded(reason, remote=False))
        self.peer._end(LegEnded(seen, remote=True))

    async def hold(self) -> None:
        """Do nothing: the call's port is muted and deafened."""

    async def resume(self) -> None:
        """Do nothing: the call's port is muted and deafened no longer."""

    async def refer(self, uri: str) -> bool:
        """Return False: the other end is a flow, which does not transfer itself."""
        return False

    def _seen_by_peer(self, reason: HangupReason) -> HangupReason:
        """Return why the other leg ends when this end hangs up, as SIP would report it."""
        calling = self.peer if self._is_called else self
        if calling._answered.done() and calling._answered.result():
            return HangupReason.NORMAL
        if not self._is_called:
            return HangupReason.CANCEL
        return reason if reason in (HangupReason.BUSY, HangupReason.FAILED) else HangupReason.NOANSWER

    def _end(self, ended: LegEnded) -> None:
        if self._ended.done():
            return
        ended = replace(ended, transport=self.transport)
        self.port.close()
        _resolve(self._rang, False)
        _resolve(self._answered, False)
        _resolve(self._early, False)
        self._ended.set_result(ended)


class LocalLegs:
    """Dials targets within the server; implements ``call.leg.OutgoingLegs``."""

    def __init__(
        self,
        engine: OpensPorts,
        clock: Clock,
        incoming: Callable[[], IncomingLegs],
        *,
        max_calls: int = MAX_CALLS,
    ) -> None:
        """``incoming`` returns what accepts the called end: it is built later, because it dials itself."""
        self._engine = engine
        self._clock = clock
        self._incoming = incoming
        self._max_calls = max_calls
        self._scope = TaskScope(task_failed("call.local"))
        self._calls: Counter[UUID] = Counter()

    async def close(self) -> None:
        """Stop carrying audio; called after the calls have ended. Closing twice is harmless."""
        await self._scope.close()

    def dial(self, target: Target, *, source: Address, anonymous: bool) -> LocalLeg:
        """Start a call and return at once; raise Unavailable if the customer has the maximum of them."""
        assert target.within is not None
        if self._calls[target.within] >= self._max_calls:
            raise Unavailable(
                f"there are {self._max_calls} calls to own numbers; does a flow call its own number?"
            )
        calling = LocalLeg(self._engine.open_pcm_port(SAMPLE_RATE_HZ), is_called=False)
        called = LocalLeg(self._engine.open_pcm_port(SAMPLE_RATE_HZ), is_called=True)
        calling.peer, called.peer = called, calling
        self._calls[target.within] += 1
        shown = Address("tel", "anonymous") if anonymous else source
        self._scope.spawn(f"local call {calling.id}", self._carry(target, calling, called, shown))
        return calling

    async def _carry(self, target: Target, calling: LocalLeg, called: LocalLeg, source: Address) -> None:
        """Offer the called end to the dial plan, and carry audio until the call is over."""
        assert target.within is not None
        try:
            destination = Address("tel", target.request_uri)
            signalled = Signalled(
                headers={name.lower(): value for name, value in target.headers.items()},
                max_forwards=target.max_forwards,
            )
            await self._incoming().incoming(
                called, source=source, destination=destination, signalled=signalled
            )
            while not (calling.over or called.over):
                _copy(calling.port, called.port)
                _copy(called.port, calling.port)
                await self._clock.sleep(PERIOD_S)
        finally:
            await called.hang_up()
            self._calls[target.within] -= 1


def _copy(source: PcmPort, destination: PcmPort) -> None:
    heard = source.read()
    if heard.size and destination.pending < MAX_AHEAD:
        destination.write(heard)


def _resolve(future: asyncio.Future[bool], value: bool) -> None:
    if not future.done():
        future.set_result(value)
