from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from mixminus.access.service import AccessService
from mixminus.api.application import build
from mixminus.api.idempotency import IdempotencyService
from mixminus.api.services import Services
from mixminus.call.presence import PresenceService
from mixminus.call.service import CallService
from mixminus.clock import SystemClock
from mixminus.conference.hearing import HearsService
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.delivery.service import DeliveryService
from mixminus.flow.runner import FlowRunner
from mixminus.mixer import Engine
from mixminus.recording.service import RecordingService
from mixminus.store.database import Store
from mixminus.store.migrations import upgrade
from mixminus.store.timestamps import TimestampStyle
from mixminus.webrtc.endpoint import WebRtcEndpoint
from tests.api.door import KEY, Door
from tests.support.database import database_url


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    url = database_url(tmp_path)
    await upgrade(url)
    async with AsyncExitStack() as stack:
        store = Store(url)
        stack.push_async_callback(store.close)
        engine = stack.enter_context(Engine())
        engine.start()
        services = await open_services(store, engine, tmp_path / "recordings", stack)
        await services.access.ensure_default(KEY)
        client = await stack.enter_async_context(TestClient(TestServer(build(services))))
        yield Door(client=client, engine=engine, store=store, access=services.access, webrtc=services.webrtc)


async def open_services(store: Store, engine: Engine, directory: Path, stack: AsyncExitStack) -> Services:
    clock = SystemClock()
    recordings = RecordingService(store, clock, directory=directory)
    stack.push_async_callback(recordings.close)
    rooms = Rooms(engine, clock)
    lifecycle = Lifecycle(store, clock, rooms, recordings)
    conferences = ConferenceService(store, clock, rooms=rooms, lifecycle=lifecycle, recorder=recordings)
    stack.push_async_callback(conferences.close)
    participants = ParticipantService(store, clock, rooms=rooms, lifecycle=lifecycle)
    calls = CallService(store, clock, run_flow=FlowRunner(participants, clock).run, names={})
    stack.push_async_callback(calls.close)
    webrtc = WebRtcEndpoint(engine, calls)
    await webrtc.start()
    stack.push_async_callback(webrtc.close)
    delivery = DeliveryService(store, clock)
    stack.push_async_callback(delivery.close)
    await delivery.start()
    return Services(
        access=AccessService(store, clock),
        conferences=conferences,
        participants=participants,
        calls=calls,
        hears=HearsService(conferences=conferences, rooms=rooms),
        presence=PresenceService(conferences=conferences, rooms=rooms, calls=calls),
        recordings=recordings,
        webrtc=webrtc,
        delivery=delivery,
        idempotency=IdempotencyService(store, clock),
        clock=clock,
        style=TimestampStyle.LEGACY,
        readiness=lambda: {"webrtc": webrtc.ready},
        counters=lambda: engine.counters() | delivery.counters,
        tick_lateness_us=engine.tick_lateness_us,
    )
