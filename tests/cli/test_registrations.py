"""``mixminus extensions registrations``, with a real phone that registers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.support.baresip import Baresip
from tests.support.database import settings_for_a_server
from tests.support.netns import ADDRESS
from tests.support.server import Server
from tests.support.tones import tone, write_wav
from tests.support.waiting import eventually

PASSWORD = "Secret-4711-x"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    digests = {"MIXMINUS_SIP_DIGESTS": "md5"}  # all that baresip before 2.0 knows
    with Server(tmp_path_factory.mktemp("server"), **settings_for_a_server(), **digests) as running:
        yield running


def test_a_registered_phone_is_listed_by_the_name_of_its_extension(
    run: Run, server: Server, tmp_path: Path
) -> None:
    for name in ("201", "202"):
        assert run("extensions", "create", name, "--password", PASSWORD).code == 0
    assert run("extensions", "registrations", "--json").json == []
    microphone = write_wav(tmp_path / "silence.wav", tone(440.0, 1.0, amplitude=0.0))
    login = f"<sip:201@{ADDRESS}:{server.sip_port}>;auth_user=201;auth_pass={PASSWORD};regint=300"
    with Baresip(tmp_path / "phone", microphone, login=login, number=64):
        eventually(
            lambda: len(run("extensions", "registrations", "201", "--json").json) == 1,
            what="it is registered",
        )
        out = run("extensions", "registrations", "--all").out
        assert "baresip" in out and f"udp:{ADDRESS}:" in out and "customer" in out
        assert run("extensions", "registrations", "202", "--json").json == []
