"""Real phones hear before the answer: a flow's announcement, and a called phone that plays before it answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent, wait_to_hear
from tests.e2e.logins import extension, login
from tests.support.baresip import Baresip
from tests.support.calling import action
from tests.support.named import number
from tests.support.server import Server, checked_server
from tests.support.sipp_phone import SippPhone
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.waiting import eventually, play_for

SCENARIOS = Path(__file__).with_name("scenarios")
RINGBACK_HZ = 425.0
CALLER_HZ, CALLED_HZ, FILE_HZ = TONES_HZ[1:4]


@pytest.fixture(scope="module")
def early_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("early-server")
    sounds = directory / "sounds"
    sounds.mkdir()
    write_wav(sounds / "news.wav", tone(FILE_HZ, 20.0))
    with checked_server(directory, MIXMINUS_SIP_DIGESTS="md5", MIXMINUS_SOUNDS_DIR=str(sounds)) as running:
        yield running


def call_of(server: Server) -> dict[str, Any]:
    """Return the newest incoming call."""
    calls = server.call("GET", "/calls").json["result"]
    return next((each for each in calls if each["direction"] == "incoming"), {"status": ""})


def registered(server: Server, phone: Ring, name: str) -> Baresip:
    """Return a phone that has logged in: its address is verified."""
    caller = phone(CALLER_HZ, login=login(server, extension(server, name)))
    caller.wait_for_log("200 OK", what="the phone has registered")
    return caller


def test_announcement_is_heard_before_the_answer(early_server: Server, phone: Ring) -> None:
    uri = number(
        early_server,
        "7101",
        action("play", stream_urls=["news.wav"], early_media=True),
        action("answer"),
        action("sleep", duration=60_000),
    )
    caller = registered(early_server, phone, "4101")
    caller.command("dial", uri)
    wait_to_hear(caller, FILE_HZ)
    assert_hears(caller.ear(), (FILE_HZ,), CALLER_HZ)
    assert "Call established" not in caller.log
    assert call_of(early_server)["status"] == "ringing"
    caller.hang_up()
    eventually(lambda: call_of(early_server)["hangup_reason"] == "cancel", what="the call is cancelled")


def test_ringing_is_heard_as_early_media_before_the_answer(early_server: Server, phone: Ring) -> None:
    uri = number(
        early_server,
        "7102",
        action("ringing", duration=6_000, early_media=True),
        action("answer"),
        action("echo", duration=30_000),
    )
    caller = registered(early_server, phone, "4102")
    caller.command("dial", uri)
    wait_to_hear(caller, RINGBACK_HZ, stretch_s=0.5)
    assert_hears(caller.ear(), (RINGBACK_HZ,), CALLER_HZ, stretch_s=0.5)
    assert "Call established" not in caller.log
    caller.wait_for_log("Call established", what="the flow answers after it")
    caller.hang_up()


def test_called_phone_is_heard_by_the_caller_before_it_answers(
    early_server: Server, phone: Ring, tmp_path: Path
) -> None:
    with SippPhone(
        tmp_path, SCENARIOS / "early_media.xml", tone_hz=CALLED_HZ, values={"EARLY_MS": "9000"}
    ) as called:
        to = {"type": "sip", "target": called.uri}
        uri = number(early_server, "7103", action("connect", destinations=[to]))
        caller = registered(early_server, phone, "4103")
        caller.command("dial", uri)
        wait_to_hear(caller, CALLED_HZ, stretch_s=5.0)  # a period of the ringing tone
        assert_hears(caller.ear(), (CALLED_HZ,), CALLER_HZ)
        assert_silent(caller.ear(), (RINGBACK_HZ,), last_s=5.0)
        assert "Call established" not in caller.log
        assert call_of(early_server)["status"] == "ringing"
        caller.wait_for_log("Call established", what="the called phone answers")
        play_for(3)
        assert_hears(caller.ear(), (CALLED_HZ,), CALLER_HZ)
        caller.hang_up()
        called.wait()
