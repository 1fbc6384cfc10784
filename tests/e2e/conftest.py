"""Fixtures of the end-to-end tests: a real server and real phones."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.baresip import Baresip
from tests.support.closing import everything_is_closed
from tests.support.database import settings_for_a_server
from tests.support.netns import ADDRESS, inside
from tests.support.ports import free_port
from tests.support.server import Server, checked_server
from tests.support.tones import tone, write_wav

__all__ = ["everything_is_closed"]

MICROPHONE_S = 60.0

Ring = Callable[..., Baresip]


@pytest.fixture(scope="session", autouse=True)
def private_network() -> None:
    assert inside(), (
        "end-to-end tests need their own network: run `make test`, or `python -m tests.support.netns pytest`"
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with checked_server(tmp_path_factory.mktemp("server"), **settings_for_a_server()) as running:
        yield running


@pytest.fixture(scope="module")
def md5_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that offers MD5 digests only: baresip 1.0 cannot register when SHA-256 is offered too."""
    with checked_server(tmp_path_factory.mktemp("md5-server"), MIXMINUS_SIP_DIGESTS="md5") as running:
        yield running


@pytest.fixture(scope="module")
def short_timeout_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that hangs up a silent phone after two seconds."""
    directory = tmp_path_factory.mktemp("short-timeout-server")
    with Server(directory, MIXMINUS_MEDIA_TIMEOUT_MS="2000") as running:
        yield running


@pytest.fixture(scope="module")
def tls_port() -> int:
    return free_port(ADDRESS)


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory, tls_port: int) -> Iterator[Server]:
    """A server that serves SIP over TLS too, on ``tls_port``."""
    with checked_server(
        tmp_path_factory.mktemp("tls-server"), MIXMINUS_SIP_TLS_PORT=str(tls_port)
    ) as running:
        yield running


_numbers = count()


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Ring]:
    """Make a phone whose microphone plays one tone: ``phone(440.0, codec="PCMU/8000/1")``."""
    phones: list[Baresip] = []

    def ring(
        tone_hz: float, *, amplitude: float = 6000.0, seconds: float = MICROPHONE_S, **settings: Any
    ) -> Baresip:
        number = next(_numbers) % 40
        directory = tmp_path / f"phone{number}"
        directory.mkdir()
        microphone = write_wav(directory / "microphone.wav", tone(tone_hz, seconds, amplitude=amplitude))
        phones.append(Baresip(directory, microphone, number=number, **settings))
        return phones[-1]

    yield ring
    for each in phones:
        each.close()
