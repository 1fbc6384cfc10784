"""Phones and browsers at three nodes: in one room, each with its own tone; and called from a node that they have not registered at."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.conftest import Ring, phone
from tests.e2e.hearing import assert_hears, newest
from tests.e2e.logins import PASSWORD, domain_of, extension, login, new_name
from tests.e2e.test_browser import BROWSER_RATE_HZ, over_http
from tests.e2e.test_recording import download
from tests.satellite.conftest import PATIENCE_S, TLS_PORT, WSS_PORT, eventually, wait_for_nodes
from tests.support.baresip import Baresip
from tests.support.browser_phone import browser_phone
from tests.support.calling import action
from tests.support.chromium import Chromium, chromium
from tests.support.named import number
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import Pcm, read_wav, tone, write_wav
from tests.support.waiting import play_for, until
from tests.support.whip import Reply

__all__ = ["phone"]

pytestmark = pytest.mark.timeout(900)  # three servers start, on a machine that does much else
PITCHES_HZ = (580.0, 730.0, 880.0, 1100.0, 1330.0, 1880.0, 2010.0, 2260.0, 2810.0, 3040.0, 3260.0)
"""None is within 12 Hz of a harmonic of another, as G.711 adds them, or of the sum or difference of two."""
AMPLITUDE = 2000.0
"""All eleven together are below the limiter, so that stems add up to the mix."""
CODECS = ("PCMU/8000/1", "opus/48000/2")
HEARS_S = 3.0
RECORDED_S = 2.0


@dataclass(frozen=True)
class Voice:
    """Who talks at one pitch, and what it hears."""

    pitch_hz: float
    hear: Callable[[], Awaitable[tuple[Pcm, int]]]
    """Return its last seconds and their sample rate."""

    async def hears(self, others_hz: tuple[float, ...]) -> bool:
        """Return whether it hears all others, and not itself."""
        try:
            assert_hears(newest(await self.hear(), HEARS_S), others_hz, self.pitch_hz)
        except (AssertionError, ValueError):
            return False
        return True


def phones_of(node: Server, room: str, pitches_hz: Sequence[float], phone: Ring) -> list[Voice]:
    """Let real phones call a node, each with a codec of its own."""
    voices = []
    for pitch_hz, codec in zip(pitches_hz, CODECS, strict=True):
        line = phone(pitch_hz, codec=codec, amplitude=AMPLITUDE, seconds=120.0)
        line.dial(node.sip_uri(room))
        voices.append(Voice(pitch_hz, lambda line=line: asyncio.to_thread(line.ear)))  # type: ignore[misc]
    return voices


def raw_voice(node: Server, room: str, pitch_hz: float, line: RawPhone) -> Voice:
    """Let a scripted phone call a node."""
    line.dial((node.host, node.sip_port), room)
    line.talk(tone(pitch_hz, 1.0, sample_rate_hz=8000, amplitude=AMPLITUDE))
    return ear_of(line, pitch_hz)


def ear_of(line: RawPhone, pitch_hz: float) -> Voice:
    async def hear() -> tuple[Pcm, int]:
        return line.heard(HEARS_S), 8000

    return Voice(pitch_hz, hear)


def browser_voice(browser: Chromium, pitch_hz: float) -> Voice:
    async def hear() -> tuple[Pcm, int]:
        return await browser.hear(HEARS_S), BROWSER_RATE_HZ

    return Voice(pitch_hz, hear)


async def test_nine_phones_and_two_browsers_at_three_nodes_hear_all_others_and_not_themselves(
    nodes: list[Server], phone: Ring, tmp_path: Path
) -> None:
    room = await asyncio.to_thread(nodes[0].new_room)
    pitches_hz = list(PITCHES_HZ)
    voices: list[Voice] = []
    async with AsyncExitStack() as stack:
        for number, node in enumerate(nodes[1:]):
            microphone = write_wav(
                tmp_path / f"microphone{number}.wav", tone(pitches_hz[0], 20, amplitude=AMPLITUDE)
            )
            browser = await stack.enter_async_context(chromium(over_http(node, room), microphone))
            await browser.join(trickle=True)
            voices.append(browser_voice(browser, pitches_hz.pop(0)))
        for node in nodes:
            own = [pitches_hz.pop(0) for _ in range(3)]
            line = stack.enter_context(RawPhone(patience_s=PATIENCE_S))
            voices += await asyncio.to_thread(phones_of, node, room, own[:2], phone)
            voices.append(await asyncio.to_thread(raw_voice, node, room, own[2], line))
        await asyncio.to_thread(nodes[1].wait_for_participants, room, len(PITCHES_HZ), timeout_s=PATIENCE_S)
        for voice in voices:
            others_hz = tuple(each for each in PITCHES_HZ if each != voice.pitch_hz)
            await until(lambda voice=voice, others_hz=others_hz: voice.hears(others_hz), within_s=PATIENCE_S)  # type: ignore[misc]
        await asyncio.to_thread(assert_stems_add_up, nodes, room)


def assert_stems_add_up(nodes: Sequence[Server], room: str) -> None:
    """Record through one node, stop through another: each has a stem, all are in the mix, and the stems' sum is the mix."""
    home, second, third = nodes
    started = second.call("POST", f"/conferences/{room}/recording_start", {"stems": True})
    assert started.status == 200, started.body
    play_for(RECORDED_S)
    assert third.call("POST", f"/conferences/{room}/recording_stop").status == 200
    recording = started.json["recording_id"]
    mix, rate_hz = download(home, recording)
    folder = home.directory / "data" / "recordings" / recording
    stems = [read_wav(path)[0].astype(np.int32) for path in folder.glob("port-*.wav")]
    assert len(stems) == len(PITCHES_HZ)
    assert_hears((mix, rate_hz), PITCHES_HZ)
    assert np.array_equal(sum(np.pad(stem, (0, len(mix) - len(stem))) for stem in stems), mix)


def registered(
    node: Server, phone: Ring, pitch_hz: float, *, transport: str = "udp", answers: bool = True
) -> tuple[Baresip, str]:
    """Let a phone register at a node; return it and the name of its extension."""
    made = extension(node, new_name("any"))
    line = phone(
        pitch_hz,
        codec="PCMU/8000/1",
        transport=transport,
        answers=answers,
        login=login(node, made, transport=transport),
    )
    line.wait_for_log("200 OK", what="the phone has registered")
    return line, made["extension"]


async def test_a_phone_in_a_browser_and_one_with_tls_are_called_from_another_node(
    nodes: list[Server], phone: Ring, tmp_path: Path
) -> None:
    """The first by secure WebSocket, ICE and DTLS-SRTP; the other with SRTP."""
    one, two, _ = nodes
    room = await asyncio.to_thread(two.new_room)
    joining = [action("conference_join", conference_id=room)]
    root = await asyncio.to_thread(one.save_root, tmp_path)
    made = await asyncio.to_thread(extension, one, new_name("tls"))
    line = phone(
        PITCHES_HZ[1],
        codec="PCMU/8000/1",
        transport="tls",
        media_encryption="srtp-mand",
        trusted=root,
        answers=True,
        login=login(one, made, transport="tls", proxy=f"{one.host}:{TLS_PORT}"),
    )
    await asyncio.to_thread(line.wait_for_log, "200 OK", what="the phone has registered")
    assert two.call("POST", "/calls", order(made["extension"], actions=joining)).status == 200
    microphone = write_wav(tmp_path / "microphone.wav", tone(PITCHES_HZ[0], 20))
    async with browser_phone("jssip", microphone, []) as browser:
        own = await asyncio.to_thread(extension, one, new_name("wss"))
        at = {"user": own["username"], "password": PASSWORD, "domain": domain_of(own)}
        await browser.start(f"wss://{one.host}:{WSS_PORT}/sip", **at)
        assert two.call("POST", "/calls", order(own["extension"], actions=joining)).status == 200
        await browser.answer()
        await asyncio.to_thread(two.wait_for_participants, room, 2, timeout_s=PATIENCE_S)
        await asyncio.to_thread(wait_to_hear, line, PITCHES_HZ[0], PITCHES_HZ[1])
        heard = (await browser.hear(HEARS_S), BROWSER_RATE_HZ)
        assert_hears(heard, (PITCHES_HZ[1],), PITCHES_HZ[0])
        assert two.call("DELETE", f"/conferences/{room}").status == 200
        await browser.hung_up()
    await asyncio.to_thread(eventually, lambda: line.ended, what="the phone is hung up")


def order(name: str, **actions: object) -> dict[str, object]:
    """Return the body that calls an extension."""
    return {"destinations": [{"type": "extension", "target_name": name}], **actions}


def wait_to_hear(line: Baresip, other_hz: float, own_hz: float) -> None:
    def look() -> bool:
        try:
            assert_hears(newest(line.ear(), HEARS_S), (other_hz,), own_hz)
        except (AssertionError, ValueError):
            return False
        return True

    eventually(look, what=f"{own_hz} Hz hears {other_hz} Hz")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_phone_is_called_from_a_node_that_it_has_not_registered_at(
    nodes: list[Server], phone: Ring, transport: str
) -> None:
    one, two, _ = nodes
    line, name = registered(one, phone, PITCHES_HZ[0], transport=transport)
    room = two.new_room()
    listener = phone(PITCHES_HZ[1], codec="PCMU/8000/1")
    listener.dial(two.sip_uri(room))
    joining = order(name, actions=[action("conference_join", conference_id=room)])
    for ended_by_phone in (True, False):
        placed = two.call("POST", "/calls", joining)
        assert placed.status == 200, placed.body
        two.wait_for_participants(room, 2, timeout_s=PATIENCE_S)
        wait_to_hear(line, PITCHES_HZ[1], PITCHES_HZ[0])
        wait_to_hear(listener, PITCHES_HZ[0], PITCHES_HZ[1])
        if ended_by_phone:
            line.hang_up()
        else:
            call = placed.json["calls"][0]["id"] if placed.json["calls"] else call_of(two, room)
            assert two.call("POST", f"/calls/{call}/hangup").status == 200
        two.wait_for_participants(room, 1, timeout_s=PATIENCE_S)
    eventually(lambda: "session closed" in line.log.lower(), what="the node has hung up the second call")
    assert one.metrics()["mixminus_sip_edge_relayed_total"] > 0
    assert "mixminus_sip_edge_relayed_total" not in two.metrics()


def call_of(node: Server, room: str) -> str:
    """Return the call of the last participant of a room."""
    joined: str = node.call("GET", f"/conferencecalls/{node.participants(room)[-1]}").json["reference_id"]
    return joined


def test_a_flow_connects_its_caller_to_a_phone_of_another_node(nodes: list[Server], phone: Ring) -> None:
    one, two, _ = nodes
    line, name = registered(one, phone, PITCHES_HZ[0])
    destination = {"type": "extension", "target": name, "target_name": name}
    hotline = number(two, "+15550145", action("connect", destinations=[destination]))
    caller = phone(PITCHES_HZ[1], codec="PCMU/8000/1")
    caller.dial(hotline)
    wait_to_hear(line, PITCHES_HZ[1], PITCHES_HZ[0])
    wait_to_hear(caller, PITCHES_HZ[0], PITCHES_HZ[1])
    caller.hang_up()
    eventually(lambda: line.ended, what="the phone is hung up")


def test_a_call_to_a_phone_of_another_node_is_given_up_while_it_rings(
    nodes: list[Server], phone: Ring
) -> None:
    line, name = registered(nodes[0], phone, PITCHES_HZ[0], answers=False)
    placed = nodes[2].call("POST", "/calls", order(name, actions=[action("sleep", duration=60_000)]))
    assert placed.status == 200, placed.body
    groupcall = placed.json["groupcalls"][0]["id"]
    line.wait_for_log("Incoming call", what="the phone rings")
    assert nodes[2].call("POST", f"/groupcalls/{groupcall}/hangup").status == 200
    eventually(lambda: line.ended, what="the phone rings no longer")


class Spread:
    """A WHIP exchange whose POST goes to one node, and all that follows to another."""

    def __init__(self, joined_at: Server, other: Server, room: str) -> None:
        self._join, self._follow = over_http(joined_at, room), over_http(other, room)
        self.location = ""

    async def __call__(self, method: str, path: str, headers: Mapping[str, str], body: str) -> Reply:
        reply = await (self._follow if path else self._join)(method, path, headers, body)
        self.location = self.location or reply.headers.get("location", "")
        return reply

    async def delete(self) -> int:
        return (await self._follow("DELETE", self.location, {}, "")).status


async def hears_each_other(browser: Chromium, line: RawPhone) -> None:
    voices = browser_voice(browser, PITCHES_HZ[0]), ear_of(line, PITCHES_HZ[1])
    for voice, other_hz in zip(voices, (PITCHES_HZ[1], PITCHES_HZ[0]), strict=True):
        await until(lambda voice=voice, other_hz=other_hz: voice.hears((other_hz,)), within_s=PATIENCE_S)  # type: ignore[misc]


async def test_a_browser_trickles_restarts_ice_and_leaves_through_any_node(
    nodes: list[Server], tmp_path: Path
) -> None:
    home, second, third = nodes
    room = await asyncio.to_thread(home.new_room)
    microphone = write_wav(tmp_path / "microphone.wav", tone(PITCHES_HZ[0], 20, amplitude=AMPLITUDE))
    exchange = Spread(second, third, room)
    with RawPhone(patience_s=PATIENCE_S) as line:
        await asyncio.to_thread(raw_voice, third, room, PITCHES_HZ[1], line)
        async with chromium(exchange, microphone) as browser:
            await browser.join(trickle=True)
            assert "?" not in exchange.location, "the home has it"
            await hears_each_other(browser, line)
            before = (await browser.statistics())["candidate-pair"]["id"]
            await browser.restart_ice()
            await hears_each_other(browser, line)
            assert (await browser.statistics())["candidate-pair"]["id"] != before
            assert await exchange.delete() == 200
            await browser.hung_up()
            await asyncio.to_thread(second.wait_for_participants, room, 1, timeout_s=PATIENCE_S)


def wait_for_readiness(node: Server, status: int) -> None:
    """Wait until a node knows that it drains (503), or that it serves (200)."""
    eventually(lambda: node.request("GET", "/health/ready").status == status, what=f"readiness is {status}")


@pytest.mark.parametrize("asked", [0, 1], ids=["the home", "another node"])
async def test_while_the_home_drains_another_node_carries_the_browser(
    nodes: list[Server], tmp_path: Path, asked: int
) -> None:
    home, second, third = nodes
    room = await asyncio.to_thread(home.new_room)
    microphone = write_wav(tmp_path / "microphone.wav", tone(PITCHES_HZ[0], 20, amplitude=AMPLITUDE))
    draining = f"/nodes/{home.call('GET', '/nodes').json['here']}"
    exchange = Spread(nodes[asked], third, room)
    with RawPhone(patience_s=PATIENCE_S) as line:
        await asyncio.to_thread(raw_voice, home, room, PITCHES_HZ[1], line)
        assert second.call("POST", f"{draining}/drain").status == 200
        try:
            await asyncio.to_thread(wait_for_readiness, home, 503)
            async with chromium(exchange, microphone) as browser:
                await browser.join(trickle=True)
                assert "?node=" in exchange.location
                await hears_each_other(browser, line)
                assert await exchange.delete() == 200
                await browser.hung_up()
                await asyncio.to_thread(second.wait_for_participants, room, 1, timeout_s=PATIENCE_S)
        finally:
            assert second.call("POST", f"{draining}/undrain").status == 200
    await asyncio.to_thread(wait_for_readiness, home, 200)
    await asyncio.to_thread(wait_for_nodes, nodes)
