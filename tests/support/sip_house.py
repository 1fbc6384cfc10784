"""A SIP endpoint on a real engine, with a desk that answers by the name that was dialled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil

from mixminus.call.leg import ANYBODY, Address, Caller, Leg, LegEnded
from mixminus.call.states import HangupReason
from mixminus.mixer import Engine, EngineEvent, Port
from mixminus.sip.config import SipConfig
from mixminus.sip.endpoint import SipEndpoint

PATIENCE_S = 15.0


class Desk:
    """Who takes legs over: ``ring`` only rings, a number refuses with it, all else is answered."""

    def __init__(self) -> None:
        self.legs: list[Leg] = []
        self.sources: list[Address] = []
        self.destinations: list[Address] = []
        self.callers: list[Caller] = []

    async def incoming(
        self,
        leg: Leg,
        *,
        source: Address,
        destination: Address,
        pin: str | None = None,
        caller: Caller = ANYBODY,
    ) -> None:
        self.callers.append(caller)
        self.legs.append(leg)
        self.sources.append(source)
        self.destinations.append(destination)
        name = destination.target
        if name.isdigit() and 300 <= int(name) < 700:
            await leg.reject(int(name))
            return
        await leg.ring()
        if name != "ring":
            await leg.answer()


class House:
    """The endpoint and all that a test asks about it."""

    def __init__(self, engine: Engine, endpoint: SipEndpoint, desk: Desk, events: list[EngineEvent]) -> None:
        self.engine = engine
        self.endpoint = endpoint
        self.desk = desk
        self.events = events

    @property
    def leg(self) -> Leg:
        """The newest leg."""
        return self.desk.legs[-1]

    @property
    def port(self) -> Port:
        """The newest leg's port."""
        port = self.leg.port
        assert isinstance(port, Port)
        return port


@asynccontextmanager
async def open_house(config: SipConfig) -> AsyncIterator[House]:
    """Open everything, and see that nothing is left of it afterwards."""
    engine, desk = Engine(), Desk()
    events: list[EngineEvent] = []
    engine.start()
    endpoint = SipEndpoint(engine, desk, config, on_event=events.append)
    before = set(children())
    try:
        await endpoint.start()
        yield House(engine, endpoint, desk, events)
    finally:
        await endpoint.close()
        engine.close()
    assert set(children()) == before
    for leg in desk.legs:
        assert leg.port.closed


def children() -> list[psutil.Process]:
    """Return every process below this one."""
    return [process for process in psutil.Process().children(recursive=True) if process.is_running()]


async def end_of(leg: Leg) -> tuple[HangupReason, bool]:
    """Return why a leg has ended, and whether the phone ended it."""
    ended: LegEnded = await asyncio.wait_for(leg.ended(), PATIENCE_S)
    return ended.reason, ended.remote
