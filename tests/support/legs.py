"""A leg without signalling: the test is the phone."""

import asyncio

from mixminus.call.leg import LegEnded
from mixminus.call.states import HangupReason
from mixminus.ids import LegId, new_id
from mixminus.mixer import BridgePort, PcmPort

__all__ = ["ManualLeg", "PcmLeg"]


class ManualLeg:
    """Implements ``call.leg.Leg``; ``done`` says in words what the call has asked of it."""

    port: BridgePort

    def __init__(self, port: BridgePort) -> None:
        self.id = LegId(new_id())
        self.port = port
        self.done: list[str] = []
        self._ended: asyncio.Future[LegEnded] = asyncio.get_running_loop().create_future()

    async def ring(self) -> None:
        self.done.append("ring")

    async def answer(self) -> None:
        self.done.append("answer")

    async def reject(self, status_code: int) -> None:
        self.done.append(f"reject {status_code}")
        self._end(LegEnded(HangupReason.NORMAL, remote=False))

    async def hang_up(self, reason: HangupReason = HangupReason.NORMAL) -> None:
        if not self._ended.done():
            self.done.append(f"hang up {reason}")
        self._end(LegEnded(reason, remote=False))

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
    """Without a network: its port is PCM."""

    port: PcmPort
