"""A room without services: every leg is answered and joined to one bridge."""

import numpy as np
from numpy.typing import NDArray

from mixminus.call.leg import ANONYMOUS, Address, Caller, Leg
from mixminus.mixer import Bridge, Engine
from mixminus.model.signalling import UNSIGNALLED, Signalled
from mixminus.webrtc.leg import WebRtcLeg, WebRtcLegState
from tests.support.waiting import until

__all__ = ["AnsweringRoom", "Listener"]


class AnsweringRoom:
    """Answers every leg at once (``call.leg.IncomingLegs``)."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.legs: list[Leg] = []

    async def incoming(
        self,
        leg: Leg,
        *,
        source: Address,
        destination: Address,
        pin: str | None = None,
        caller: Caller = ANONYMOUS,
        signalled: Signalled = UNSIGNALLED,
    ) -> None:
        self.legs.append(leg)
        leg.port.join(self.bridge)
        await leg.answer()

    async def connected(self) -> WebRtcLeg:
        """Return the newest leg once it is connected, which is a moment after the client is."""
        leg = self.legs[-1]
        assert isinstance(leg, WebRtcLeg)
        await until(lambda: leg.state is WebRtcLegState.CONNECTED)
        return leg


class Listener:
    """A participant inside the engine that sends nothing and hears all others."""

    def __init__(self, engine: Engine, bridge: Bridge, sample_rate_hz: int = 48_000) -> None:
        self._port = engine.open_pcm_port(sample_rate_hz)
        self._port.join(bridge)

    async def hear(self, seconds: float) -> NDArray[np.int16]:
        """Return the next ``seconds`` of the mix."""
        self._port.read()
        wanted = int(seconds * self._port.sample_rate_hz)
        heard: list[NDArray[np.int16]] = []

        def enough() -> bool:
            heard.append(self._port.read())
            return sum(map(len, heard)) >= wanted

        await until(enough, within_s=seconds + 15.0)
        return np.concatenate(heard)[:wanted]
