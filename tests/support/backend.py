"""The services on a database file and a manual engine, as ``app`` builds them, without a network."""

import wave
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mixminus.api.services import Services
from mixminus.app.service_config import ServiceConfig
from mixminus.app.sounds import SoundConfig
from mixminus.app.wiring import open_services
from mixminus.call.leg import Address
from mixminus.call.outbound import Carrier
from mixminus.call.service import CallService
from mixminus.clock import Clock, SystemClock
from mixminus.cluster.membership import Membership
from mixminus.conference.hears import HearsService
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.conference.watchers import TalkingWatch
from mixminus.delivery.connection import Limits
from mixminus.delivery.service import DeliveryConfig, DeliveryService
from mixminus.flow.activeflows import ActiveflowService
from mixminus.flow.flows import FlowService
from mixminus.mixer import Engine, EngineConfig
from mixminus.model.call import Call
from mixminus.model.conference import (
    Conference,
    Conferencecall,
    ConferencecallStatus,
    ConferenceSpec,
    ConferenceStatus,
    ConferenceType,
)
from mixminus.model.ids import ConferencecallId, ConferenceId, CustomerId, RecordingId
from mixminus.model.recording import Recording, RecordingStatus
from mixminus.recording.service import RecordingService
from mixminus.speech.recognition.pool import SpeechConfig
from mixminus.store.cipher import Cipher
from mixminus.store.database import Store
from mixminus.store.outbox import Event
from mixminus.store.page import MAX_PAGE_SIZE, Page
from mixminus.store.timestamps import TimestampStyle
from mixminus.telemetry import NO_TELEMETRY, Telemetry
from tests.support.clock import ManualClock
from tests.support.database import CIPHER, database_url
from tests.support.legs import PcmExchange, PcmLeg
from tests.support.speech import tone_config
from tests.support.spread import fence_of
from tests.support.waiting import until

__all__ = ["EVERYTHING", "Backend", "backend", "open_backend"]

EVERYTHING = Page(MAX_PAGE_SIZE, datetime.max.replace(tzinfo=UTC))
SAMPLE_RATE_HZ = 16000


@dataclass
class Backend:
    """The services that domain tests use, and ways to wait for their effects."""

    store: Store
    clock: ManualClock
    engine: Engine
    customer_id: CustomerId
    services: Services
    recordings_directory: Path
    exchange: PcmExchange
    """The phones that the services call."""
    legs: list[PcmLeg] = field(default_factory=list)

    @property
    def rooms(self) -> Rooms:
        return self.services.rooms

    @property
    def conferences(self) -> ConferenceService:
        return self.services.conferences

    @property
    def participants(self) -> ParticipantService:
        return self.services.participants

    @property
    def calls(self) -> CallService:
        return self.services.calls

    @property
    def flows(self) -> FlowService:
        return self.services.flows

    @property
    def activeflows(self) -> ActiveflowService:
        return self.services.activeflows

    @property
    def recordings(self) -> RecordingService:
        return self.services.recordings

    @property
    def hears(self) -> HearsService:
        return self.services.hears

    @property
    def sounds_directory(self) -> Path:
        """Folder of the sounds that flows may play."""
        return self.recordings_directory.parent / "sounds"

    @property
    def talking(self) -> TalkingWatch:
        return self.services.talking

    async def room(self, type_: ConferenceType = "conference", **spec: Any) -> Conference:
        """Create a conference and wait until it progresses."""
        conference = await self.conferences.create(self.customer_id, ConferenceSpec(type=type_, **spec))
        return await self.conference(conference.id, ConferenceStatus.PROGRESSING)

    async def dial(self, target: object, sample_rate_hz: int = SAMPLE_RATE_HZ) -> PcmLeg:
        """Let a phone call ``target``."""
        leg = PcmLeg(self.engine.open_pcm_port(sample_rate_hz))
        self.legs.append(leg)
        await self.calls.incoming(
            leg, source=Address("sip", "alice"), destination=Address("sip", str(target))
        )
        return leg

    def tick(self, count: int = 1) -> None:
        """Run the engine, and handle its events."""
        self.engine.tick(count)
        for event in self.engine.events():
            self.services.on_engine_event(event)

    async def join(
        self, conference: Conference, count: int = 1, sample_rate_hz: int = SAMPLE_RATE_HZ
    ) -> list[PcmLeg]:
        """Let phones dial a conference and wait until all have joined."""
        before = len(await self.joined(conference))
        legs = [await self.dial(conference.id, sample_rate_hz) for _ in range(count)]

        async def all_there() -> bool:
            return len(await self.joined(conference)) == before + count

        # Many joins may take long on a busy machine.
        await until(all_there, within_s=10 + count)
        return legs

    async def joined(self, conference: Conference) -> tuple[UUID, ...]:
        found = await self.conferences.get(self.customer_id, conference.id)
        return found.conferencecall_ids

    async def conference(self, conference_id: ConferenceId, status: ConferenceStatus) -> Conference:
        """Wait until the conference has this status, and return it."""

        async def look() -> Conference | None:
            found = await self.conferences.get(self.customer_id, conference_id)
            return found if found.status is status else None

        return await until(look)

    async def participant(self, id_: UUID, status: ConferencecallStatus) -> Conferencecall:
        """Wait until the participant has this status, and return it."""

        async def look() -> Conferencecall | None:
            found = await self.participants.get_call(self.customer_id, ConferencecallId(id_))
            return found if found.status is status else None

        return await until(look)

    async def gone(self, id_: UUID) -> Conferencecall:
        """Wait until the participant has left, and return it."""
        return await self.participant(id_, ConferencecallStatus.LEAVED)

    async def recording(
        self, recording_id: UUID, status: RecordingStatus, *, step_s: float = 0.0
    ) -> Recording:
        """Wait until the recording has this status, and return it; ``step_s`` advances the clock at each look."""

        async def look() -> Recording | None:
            self.clock.advance(step_s)
            found = await self.recordings.get(self.customer_id, RecordingId(recording_id))
            return found if found.status is status else None

        return await until(look)

    async def written(self, recording_id: UUID, seconds: float) -> None:
        """Wait until the recording's file has ``seconds`` of audio, advancing the clock."""
        path = self.recordings_directory / str(recording_id) / "mix.wav"

        def look() -> bool:
            self.clock.advance(0.25)
            return self.samples(path) >= seconds * SAMPLE_RATE_HZ

        await until(look)

    @staticmethod
    def samples(path: Path) -> int:
        with wave.open(str(path)) as file:
            return int(file.getnframes())

    async def call_of(self, participant_id: UUID) -> Call:
        participant = await self.participants.get_call(self.customer_id, ConferencecallId(participant_id))
        return await self.calls.get(self.customer_id, participant.reference_id)

    async def events(self, stream_id: UUID) -> list[Event]:
        async with self.store.snapshot() as tx:
            return await tx.outbox.read(stream_id)

    async def event_types(self, stream_id: UUID) -> list[str]:
        return [event.type for event in await self.events(stream_id)]


async def _open_store(
    directory: Path, clock: Clock, style: TimestampStyle, membership: Membership | None
) -> Store:
    store = Store(database_url(directory), style, CIPHER, fence_of(membership))
    async with store.transaction() as tx:
        if not await tx.encryption.needed():
            await tx.encryption.encrypt_all(Cipher(), CIPHER, clock.now())
    return store


@asynccontextmanager
async def open_backend(  # noqa: PLR0913 -- what a test may choose
    directory: Path,
    clock: ManualClock,
    *,
    names: Iterable[tuple[str, ConferenceId]] = (),
    speech: SpeechConfig | None = None,
    style: TimestampStyle = TimestampStyle.LEGACY,
    delivery_clock: Clock | None = None,
    limits: Limits | None = None,
    telemetry: Telemetry = NO_TELEMETRY,
    rnnoise_path: str | None = None,
    membership: Membership | None = None,
    **chosen: Any,
) -> AsyncIterator[Backend]:
    """Start the services on the directory's data, and close them in order; ``membership`` makes them a node."""
    store = await _open_store(directory, clock, style, membership)
    engine = Engine(EngineConfig(manual=True, rnnoise_path=rnnoise_path))
    config = ServiceConfig(
        recordings_directory=directory / "recordings",
        names=dict(names),
        speech=speech or tone_config(directory / "transcription"),
        sounds=SoundConfig(directory / "sounds", directory / "speech"),
        trunk=Carrier("trunk.example", 5070, "tcp", "me", "secret"),
        **chosen,
    )
    exchange = PcmExchange(lambda: engine.open_pcm_port(SAMPLE_RATE_HZ))
    delivery = DeliveryService(
        store, delivery_clock or SystemClock(), DeliveryConfig(limits=limits or Limits()), telemetry
    )
    try:
        async with open_services(
            store, clock, engine, config, delivery=delivery, telemetry=telemetry, membership=membership
        ) as services:
            services.transports.open(exchange)
            identity, _ = await services.access.ensure_default(None)
            yield Backend(
                store=store,
                clock=clock,
                engine=engine,
                customer_id=identity.customer_id,
                services=services,
                recordings_directory=config.recordings_directory,
                exchange=exchange,
            )
    finally:
        await delivery.close()
        await store.close()
        engine.close()


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[Backend]:
    async with open_backend(tmp_path, ManualClock()) as opened:
        yield opened
