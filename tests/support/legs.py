"""Legs without signalling, whose phone is the test."""

import asyncio
from collections.abc import Callable, Mapping

from mixminus.call.leg import Address, LegEnded, Target, Transport
from mixminus.mixer import BridgePort, PcmPort
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId, new_id
from mixminus.model.signalling import NO_HEADERS
from mixminus.model.srtp import SrtpPolicy

__all__ = ["CalledLeg", "ManualLeg", "PcmExchange", "PcmLeg"]


class ManualLeg:
    """Implements ``call.leg.Leg``; ``done`` lists the operations that the call has requested."""

    port: BridgePort

    def __init__(self, port: BridgePort) -> None:
        self.id = LegId(new_id())
        self.port = port
        self.done: list[str] = []
        self.is_there = False
        self.srtp: SrtpPolicy = ""
        self._ended: asyncio.Future[LegEnded] = asyncio.get_running_loop().create_future()

    @property
    def transport(self) -> Transport:
        return "local"

    def set_media_timeout(self, timeout_s: int) -> None:
        """Do nothing: there is no network."""

    def apply_srtp(self, policy: SrtpPolicy) -> bool:
        self.srtp = policy
        return policy != "required"

    async def ring(self) -> None:
        self.done.append("ring")

    async def open_early_media(self) -> bool:
        self.done.append("early media")
        return True

    async def answer(self, headers: Mapping[str, str] = NO_HEADERS) -> None:
        self.done.append("answer")

    async def reject(self, status_code: int) -> None:
        self.done.append(f"reject {status_code}")
        self._end(LegEnded(HangupReason.NORMAL, remote=False))

    async def hang_up(
        self, reason: HangupReason = HangupReason.NORMAL, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        if not self._ended.done():
            self.done.append(f"hang up {reason}")
        self._end(LegEnded(reason, remote=False))

    async def hold(self) -> None:
        self.done.append("hold")

    async def resume(self) -> None:
        self.done.append("resume")

    async def refer(self, uri: str) -> bool:
        self.done.append(f"refer {uri}")
        return True

    def send_text(self, text: str) -> bool:
        self.done.append(f"text {text}")
        return True

    async def responds(self) -> bool:
        self.done.append("ask")
        return self.is_there

    async def ended(self) -> LegEnded:
        return await asyncio.shield(self._ended)

    def bye(self) -> None:
        """Hang up, as the phone does."""
        self._end(LegEnded(HangupReason.NORMAL, remote=True))

    def _end(self, ended: LegEnded) -> None:
        if not self._ended.done():
            self.port.close()
            self._ended.set_result(ended)


class PcmLeg(ManualLeg):
    """A leg with a PCM port, without a network."""

    port: PcmPort


class CalledLeg(PcmLeg):
    """Implements ``call.leg.OutgoingLeg``; the test is the called phone."""

    def __init__(self, port: PcmPort, target: Target, source: Address, anonymous: bool) -> None:
        super().__init__(port)
        self.target = target
        self.source = source
        self.anonymous = anonymous
        self._rang: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._early: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def rang(self) -> bool:
        return await asyncio.shield(self._rang)

    async def early_media(self) -> bool:
        return await asyncio.shield(self._early)

    async def answered(self) -> bool:
        return await asyncio.shield(self._answered)

    def alert(self) -> None:
        """Ring, as the phone does."""
        self._rang.set_result(True)

    def pick_up(self) -> None:
        """Answer, as the phone does."""
        self._resolve(self._early)
        self._resolve(self._rang)
        self._answered.set_result(True)

    def refuse(self, reason: HangupReason) -> None:
        """Refuse the call, as the phone does."""
        self._end(LegEnded(reason, remote=True))

    def _end(self, ended: LegEnded) -> None:
        self._resolve(self._rang)
        self._resolve(self._answered)
        self._resolve(self._early)
        super()._end(ended)

    @staticmethod
    def _resolve(future: asyncio.Future[bool]) -> None:
        if not future.done():
            future.set_result(False)


class PcmExchange:
    """Implements ``call.leg.OutgoingLegs`` with PCM legs."""

    def __init__(self, open_port: Callable[[], PcmPort]) -> None:
        self._open_port = open_port
        self.legs: list[CalledLeg] = []

    def dial(self, target: Target, *, source: Address, anonymous: bool) -> CalledLeg:
        leg = CalledLeg(self._open_port(), target, source, anonymous)
        self.legs.append(leg)
        return leg
