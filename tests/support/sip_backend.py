"""A SIP endpoint on a real engine, with a receiver of calls that acts by the name that was dialled."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from mixminus.access.service import AccessService
from mixminus.call.leg import ANONYMOUS, Address, Caller, Leg, LegEnded, Replacements, Transfers
from mixminus.clock import SystemClock
from mixminus.directory.service import DirectoryServices, open_directory
from mixminus.flow.flows import FlowService
from mixminus.mixer import Engine, EngineConfig, EngineEvent, Port
from mixminus.model.call import HangupReason
from mixminus.model.ids import CustomerId
from mixminus.model.signalling import UNSIGNALLED, Signalled
from mixminus.sip.config import SipConfig
from mixminus.sip.service import SipEndpoint
from mixminus.store.database import Store
from tests.support.clock import ManualClock
from tests.support.database import migrated_sqlite_url
from tests.support.sip_phone import PhoneCall

PATIENCE_S = 15.0


class LegReceiver:
    """Receives legs: ``wait`` waits, ``ring`` only rings, ``early`` gets early media, a status code is refused with it, any other name is answered."""

    def __init__(self) -> None:
        self.legs: list[Leg] = []
        self.sources: list[Address] = []
        self.destinations: list[Address] = []
        self.callers: list[Caller] = []
        self.signalled: list[Signalled] = []

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
        self.callers.append(caller)
        self.signalled.append(signalled)
        self.legs.append(leg)
        self.sources.append(source)
        self.destinations.append(destination)
        name = destination.target
        if name.isascii() and name.isdigit() and 300 <= int(name) < 700:
            await leg.reject(int(name))
            return
        if name == "wait":
            return
        if name == "early":
            await leg.open_early_media()
            return
        await leg.ring()
        if name != "ring":
            await leg.answer()


@dataclass(frozen=True, slots=True)
class Office:
    """The accounts that may register, and their database."""

    store: Store
    clock: ManualClock
    customer_id: CustomerId
    directory: DirectoryServices


@asynccontextmanager
async def open_office(domain: str = "mixminus.local") -> AsyncIterator[Office]:
    """Open a database with one customer."""
    with TemporaryDirectory() as directory:
        url = migrated_sqlite_url(Path(directory))
        store, clock = Store(url), ManualClock()
        try:
            identity, _ = await AccessService(store, clock).ensure_default(None)
            services = open_directory(store, clock, domain=domain, names={}, flows=FlowService(store, clock))
            yield Office(store, clock, identity.customer_id, services)
        finally:
            await store.close()


@dataclass(frozen=True, slots=True)
class Backend:
    """The endpoint, and what tests inspect of it."""

    engine: Engine
    endpoint: SipEndpoint
    receiver: LegReceiver
    events: list[EngineEvent]
    office: Office
    transfers: Transfers | None
    replacements: Replacements | None

    @property
    def leg(self) -> Leg:
        """The newest leg."""
        return self.receiver.legs[-1]

    @property
    def port(self) -> Port:
        """The newest leg's port."""
        port = self.leg.port
        assert isinstance(port, Port)
        return port


@asynccontextmanager
async def open_backend(
    config: SipConfig,
    transfers: Transfers | None = None,
    replacements: Replacements | None = None,
    *,
    rtp_host: str = "127.0.0.1",
) -> AsyncIterator[Backend]:
    """Open an endpoint; afterwards assert that none of its processes is left."""
    engine, receiver = Engine(EngineConfig(rtp_host=rtp_host)), LegReceiver()
    events: list[EngineEvent] = []
    engine.start()
    async with open_office(config.domain) as office:
        endpoint = SipEndpoint(
            engine,
            receiver,
            config,
            clock=SystemClock(),
            directory=office.directory,
            transfers=transfers,
            replacements=replacements,
            on_event=events.append,
        )
        before = set(children())
        try:
            await endpoint.start()
            yield Backend(engine, endpoint, receiver, events, office, transfers, replacements)
        finally:
            await endpoint.close()
            engine.close()
        assert set(children()) == before
    for leg in receiver.legs:
        assert leg.port.closed


def children() -> list[psutil.Process]:
    """Return all descendant processes of this one."""
    return [process for process in psutil.Process().children(recursive=True) if process.is_running()]


def process_named(part: str) -> psutil.Process:
    """Return the child whose command line names a module."""
    return next(child for child in children() if part in child.cmdline() and child.ppid() == os.getpid())


def worker_of(call: PhoneCall) -> int:
    """Return the worker that the Contact of a call names."""
    return int(call.uri.removeprefix("sip:w").partition("@")[0])


async def end_of(leg: Leg) -> tuple[HangupReason, bool]:
    """Return why a leg has ended, and whether the phone ended it."""
    ended: LegEnded = await asyncio.wait_for(leg.ended(), PATIENCE_S)
    return ended.reason, ended.remote
