"""A running engine with one bridge, and an endpoint whose legs all join it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from mixminus.mixer import Engine
from mixminus.webrtc.endpoint import WebRtcConfig, WebRtcEndpoint
from tests.support.closing import everything_is_closed
from tests.support.room import AnsweringRoom

__all__ = ["everything_is_closed"]


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        engine.start()
        yield engine


@pytest.fixture
def backend(engine: Engine) -> AnsweringRoom:
    return AnsweringRoom(engine.open_bridge())


@pytest.fixture
async def endpoint(engine: Engine, backend: AnsweringRoom) -> AsyncIterator[WebRtcEndpoint]:
    endpoint = WebRtcEndpoint(engine, backend, WebRtcConfig(connect_timeout_s=20.0))
    await endpoint.start()
    yield endpoint
    await endpoint.close()
