"""A voice agent on pipecat's TwilioFrameSerializer and real phones: who hears whom, marks, and interruption."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.raw_phone import RawPhone, mu_law_to_pcm
from tests.support.server import Server
from tests.support.tones import Pcm, level_db, tone
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
RATE_HZ, HEARD_HZ = 8000, 16000
ONE_HZ, OTHER_HZ, AGENT_HZ = 440.0, 1200.0, 2050.0
AUDIBLE_DB, SILENT_DB = -30.0, -45.0
LOUD = 1000
SILENCED_S = 0.2


class Agent:
    """The program as the test controls it."""

    def __init__(self, port: int) -> None:
        self.url = f"ws://127.0.0.1:{port}/agent"
        self._base = f"http://127.0.0.1:{port}"
        self._http = PoolManager()

    def call(self, method: str, path: str) -> Any:
        return self._http.request(method, self._base + path, timeout=5.0, retries=False)

    def heard(self, last_s: float) -> Pcm:
        pcm = np.frombuffer(self.call("GET", "/heard").data, "<i2")
        return pcm[-int(last_s * HEARD_HZ) :]

    def messages(self, event: str) -> list[Any]:
        return [each for each in self.call("GET", "/messages").json() if each["event"] == event]


@pytest.fixture
def agent() -> Iterator[Agent]:
    port = free_port("127.0.0.1")
    program = ROOT / "tests" / "support" / "pipecat_program.py"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "build" / "pipecat")}
    with subprocess.Popen([sys.executable, "-P", str(program), str(port)], env=environment) as process:
        opened = Agent(port)

        def serves() -> bool:
            assert process.poll() is None, "the program ended: see tools/install_pipecat.sh"
            try:
                return bool(opened.call("GET", "/messages").status == 200)
            except HTTPError:
                return False

        eventually(serves, timeout_s=30.0, what="the program serves")
        yield opened
        process.kill()


def audible(pcm: Pcm, rate_hz: int, *frequencies_hz: float) -> list[bool]:
    return [level_db(pcm, hz, sample_rate_hz=rate_hz) > AUDIBLE_DB for hz in frequencies_hz]


def loud_packets(phone: RawPhone, after_s: float) -> list[float]:
    """Return when the packets came in which there is sound, after a time."""
    return [
        each.at_s
        for each in tuple(phone.arrivals)
        if each.at_s > after_s and np.max(np.abs(mu_law_to_pcm(each.payload).astype(int))) > LOUD
    ]


def test_agent_and_phones_hear_each_other_and_the_agent_is_interrupted(server: Server, agent: Agent) -> None:
    room = server.new_room(prompts="off")
    with RawPhone() as one, RawPhone() as other:
        for phone in (one, other):
            phone.dial((ADDRESS, server.sip_port), room)
        server.wait_for_participants(room, 2)
        fields = {"url": agent.url, "protocol": "twilio"}
        stream = server.call("POST", f"/conferences/{room}/media_streams", fields).json
        eventually(lambda: agent.messages("start"), what="the agent is connected")
        spoken = agent.call("POST", f"/say?hz={AGENT_HZ}&s=1").json()
        eventually(lambda: agent.messages("mark"), what="the mark came back")
        played_s = agent.messages("mark")[0]["at_s"] - spoken["at_s"]
        assert 0.8 < played_s < 3.0
        for phone in (one, other):
            assert audible(phone.heard(1.0)[-RATE_HZ // 2 :], RATE_HZ, AGENT_HZ, ONE_HZ) == [True, False]
        one.talk(tone(ONE_HZ, 1.0, sample_rate_hz=RATE_HZ))
        eventually(
            lambda: audible(agent.heard(0.5), HEARD_HZ, ONE_HZ, AGENT_HZ) == [True, False], what="heard"
        )
        agent.call("POST", f"/say?hz={AGENT_HZ}&s=600")
        eventually(lambda: audible(one.heard(0.5), RATE_HZ, AGENT_HZ, ONE_HZ) == [True, False], what="said")
        cleared_s = agent.call("POST", "/interrupt").json()["at_s"]
        eventually(lambda: not audible(one.heard(0.3), RATE_HZ, AGENT_HZ)[0], what="the agent is silent")
        assert max(loud_packets(one, cleared_s - 0.1)) - cleared_s < SILENCED_S
        assert len(agent.messages("mark")) == 2
        assert server.call("POST", f"/media_streams/{stream['id']}/stop").json["status"] == "ended"
        eventually(lambda: agent.messages("stop"), what="the agent is notified")


def test_agent_of_a_call_gets_its_digits_and_is_heard_by_it_alone(server: Server, agent: Agent) -> None:
    room = server.new_room(prompts="off")
    with RawPhone() as one, RawPhone() as other:
        one.dial((ADDRESS, server.sip_port), room)
        (participant,) = server.wait_for_participants(room, 1)
        call = server.call("GET", f"/conferencecalls/{participant}").json["reference_id"]
        other.dial((ADDRESS, server.sip_port), room)
        server.wait_for_participants(room, 2)
        fields = {"url": agent.url, "protocol": "twilio"}
        assert server.call("POST", f"/calls/{call}/media_streams", fields).status == 200
        eventually(lambda: agent.messages("start"), what="the agent is connected")
        one.press(5)
        eventually(lambda: agent.messages("frame"), what="the digit came")
        assert agent.messages("frame")[0]["digit"] == "5"
        other.talk(tone(OTHER_HZ, 1.0, sample_rate_hz=RATE_HZ))
        agent.call("POST", f"/say?hz={AGENT_HZ}&s=3")
        eventually(
            lambda: audible(one.heard(0.5), RATE_HZ, AGENT_HZ, OTHER_HZ) == [True, True],
            what="the phone hears the agent and the room",
        )
        assert not loud_packets(other, 0.0)
        assert audible(agent.heard(0.5), HEARD_HZ, OTHER_HZ) == [False]
        one.hang_up()
        eventually(lambda: agent.messages("stop"), what="the agent is notified")
