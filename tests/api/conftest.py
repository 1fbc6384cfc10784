from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from mixminus.api.services import ProcessState, Services
from mixminus.app.service_config import ServiceConfig
from mixminus.app.sounds import SoundConfig
from mixminus.app.wiring import open_services
from mixminus.clock import SystemClock
from mixminus.delivery.service import DeliveryService
from mixminus.mixer import Engine
from mixminus.store.database import Store
from tests.api.client import KEY, METRICS_TOKEN, ApiClient
from tests.support.database import CIPHER, database_url, node_directory
from tests.support.speech import tone_config
from tests.support.spread import NODES, fence_of, open_client, open_membership


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[ApiClient]:
    async with AsyncExitStack() as stack:
        nodes = [await _open(node_directory(tmp_path, number), number, stack) for number in range(NODES)]
        client = await stack.enter_async_context(open_client(nodes))
        first = nodes[0]
        yield ApiClient(
            client=client, engine=first.engine, store=first.store, access=first.access, webrtc=first.webrtc
        )


async def _open(directory: Path, number: int, stack: AsyncExitStack) -> Services:
    """Open the services of a server, or of a node."""
    url = database_url(directory)
    clock = SystemClock()
    membership = await stack.enter_async_context(open_membership(url, number))
    store = Store(url, cipher=CIPHER, fence=fence_of(membership))
    stack.push_async_callback(store.close)
    engine = stack.enter_context(Engine())
    engine.start()
    config = ServiceConfig(
        recordings_directory=directory / "recordings",
        sounds=SoundConfig(directory / "sounds", directory / "speech"),
        speech=tone_config(directory / "transcription"),
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
            membership=membership,
        )
    )
    await services.webrtc.start()
    stack.push_async_callback(services.webrtc.close)
    await services.access.ensure_default(KEY)
    return services
