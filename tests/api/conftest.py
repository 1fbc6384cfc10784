from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from mixminus.api.application import build
from mixminus.api.services import ProcessState
from mixminus.app.service_config import ServiceConfig
from mixminus.app.sounds import SoundConfig
from mixminus.app.wiring import open_services
from mixminus.clock import SystemClock
from mixminus.delivery.service import DeliveryService
from mixminus.mixer import Engine
from mixminus.store.database import Store
from tests.api.client import KEY, METRICS_TOKEN, ApiClient
from tests.support.database import CIPHER, database_url
from tests.support.speech import tone_config


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[ApiClient]:
    url = database_url(tmp_path)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = Store(url, cipher=CIPHER)
        stack.push_async_callback(store.close)
        engine = stack.enter_context(Engine())
        engine.start()
        config = ServiceConfig(
            recordings_directory=tmp_path / "recordings",
            sounds=SoundConfig(tmp_path / "sounds", tmp_path / "speech"),
            speech=tone_config(tmp_path / "transcription"),
            metrics_token=METRICS_TOKEN,
        )
        delivery = DeliveryService(store, clock)
        stack.push_async_callback(delivery.close)
        await delivery.start()
        services = await stack.enter_async_context(
            open_services(
                store,
                clock,
                engine,
                config,
                delivery=delivery,
                process=ProcessState(readiness=lambda: {"webrtc": services.webrtc.ready}),
            )
        )
        await services.webrtc.start()
        stack.push_async_callback(services.webrtc.close)
        await services.access.ensure_default(KEY)
        client = await stack.enter_async_context(TestClient(TestServer(build(services))))
        yield ApiClient(
            client=client, engine=engine, store=store, access=services.access, webrtc=services.webrtc
        )
