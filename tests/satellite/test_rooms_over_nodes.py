"""Rooms over three servers: phones call whichever node, and take part in a room whose home is one of them."""

import asyncio
import io
import wave
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

import numpy as np
import pytest

from tests.e2e.test_browser import over_http
from tests.satellite.conftest import PATIENCE_S, eventually, wait_for_nodes
from tests.support.aiortc_client import AiortcClient
from tests.support.raw_phone import RawPhone
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import TONES_HZ, heard, tone

pytestmark = pytest.mark.timeout(900)  # three servers start, on a machine that does much else
TOKEN = {"Authorization": f"Bearer {ACCESS_KEY}"}
AUDIBLE_DB = -40.0
SILENT_DB = -60.0


@contextmanager
def phones(room: str, servers: Sequence[Server]) -> Iterator[list[RawPhone]]:
    """Phones in a room, one at each of the servers, each with a tone of its own; they have joined in this order."""
    with ExitStack() as stack:
        calling = []
        for server, hz in zip(servers, TONES_HZ, strict=False):
            phone = stack.enter_context(RawPhone(patience_s=PATIENCE_S))
            phone.dial((server.host, server.sip_port), room)
            phone.talk(tone(hz, 1.0, sample_rate_hz=8000))
            calling.append(phone)
            # A call is answered before it has joined: the next one could be faster.
            server.wait_for_participants(room, len(calling), timeout_s=PATIENCE_S)
        yield calling


def audible(phone: RawPhone, count: int) -> set[int]:
    """Return whose tones a phone has heard in its last second; a level between the limits is an error."""
    levels = heard(phone.heard(1.0), 8000, TONES_HZ[:count])
    for hz, level in levels.items():
        assert level > AUDIBLE_DB or level < SILENT_DB, (hz, level)
    return {number for number, hz in enumerate(TONES_HZ[:count]) if levels[hz] > AUDIBLE_DB}


def hears(phone: RawPhone, wanted: set[int], count: int = 3) -> bool:
    if len(phone.arrivals) < 60:
        return False
    with suppress(AssertionError):
        return audible(phone, count) == wanted
    return False


def wait_for(calling: Sequence[RawPhone], *wanted: set[int]) -> None:
    """Wait until each phone hears exactly these."""
    for phone, who in zip(calling, wanted, strict=True):
        eventually(
            lambda phone=phone, who=who: hears(phone, who, len(calling)),  # type: ignore[misc]
            what=f"{calling.index(phone)} hears {who}",
        )


def talking(server: Server, room: str) -> list[str]:
    shown = server.call("GET", f"/conferences/{room}/talking").json["result"]
    return [each["conferencecall_id"] for each in shown if each["talking"] and each["codec"] == "PCMU"]


def order(server: Server, room: str, calling: Sequence[RawPhone]) -> list[str]:
    """Return the participants' ids in the order of the phones, which have joined one after the other."""
    return server.wait_for_participants(room, len(calling), timeout_s=PATIENCE_S)


def test_each_hears_all_others_and_not_itself_whichever_node_it_called(nodes: list[Server]) -> None:
    room = nodes[0].new_room()
    with phones(room, nodes) as calling:
        nodes[1].wait_for_participants(room, 3, timeout_s=PATIENCE_S)
        wait_for(calling, {1, 2}, {0, 2}, {0, 1})
        ids = order(nodes[2], room, calling)
        eventually(lambda: talking(nodes[2], room) == ids, what="all are shown as talking, with their codec")
    eventually(lambda: nodes[0].participants(room) == [], what="all have left")


def patch(server: Server, participant: str, **fields: object) -> None:
    answer = server.call("PATCH", f"/conferencecalls/{participant}", fields)
    assert answer.status == 200, answer.body


def test_mutes_kicks_and_exceptions_hold_whichever_node_is_asked(nodes: list[Server]) -> None:
    room = nodes[0].new_room()
    with phones(room, nodes) as calling:
        zero, one, two = order(nodes[1], room, calling)
        wait_for(calling, {1, 2}, {0, 2}, {0, 1})
        patch(nodes[2], one, muted=True)
        wait_for(calling, {2}, {0, 2}, {0})
        patch(nodes[1], one, muted=False)
        wait_for(calling, {1, 2}, {0, 2}, {0, 1})
        rules = {"mute_for_one": [{"listener": one, "speaker": two}, {"listener": two, "speaker": zero}]}
        answer = nodes[1].call("PUT", f"/conferences/{room}/hears", rules)
        assert answer.status == 200, answer.body
        wait_for(calling, {1, 2}, {0}, {1})
        assert nodes[2].call("DELETE", f"/conferences/{room}/hears").status == 200
        wait_for(calling, {1, 2}, {0, 2}, {0, 1})
        patch(nodes[0], two, deaf=True)
        wait_for(calling, {1, 2}, {0, 2}, set())
        assert nodes[1].call("DELETE", f"/conferencecalls/{two}").status == 200
        calling[2].wait_for_bye(PATIENCE_S)
        assert nodes[2].wait_for_participants(room, 2, timeout_s=PATIENCE_S) == [zero, one]
        eventually(lambda: hears(calling[0], {1}) and hears(calling[1], {0}), what="the two hear each other")


def test_a_room_records_all_nodes_with_a_track_for_each_participant(nodes: list[Server]) -> None:
    room = nodes[1].new_room()
    with phones(room, nodes) as calling:
        order(nodes[0], room, calling)
        wait_for(calling, {1, 2}, {0, 2}, {0, 1})
        assert nodes[2].call("POST", f"/conferences/{room}/recording_start", {}).status == 200
        recording = nodes[0].room(room)["recording_id"]
        before = [len(phone.arrivals) for phone in calling]
        eventually(
            lambda: all(
                len(each.arrivals) > count + 150 for each, count in zip(calling, before, strict=True)
            ),
            what="three seconds are recorded",
        )
        events = nodes[2].call("GET", f"/timelines/conferences/{room}/events?page_size=100").json["result"]
        assert nodes[0].call("POST", f"/conferences/{room}/recording_stop").status == 200
    eventually(
        lambda: nodes[0].call("GET", f"/recordings/{recording}").json["status"] == "ended",
        what="the file is complete",
    )
    file = nodes[0].request("GET", f"/v1.0/recordingfiles/{recording}", headers=TOKEN)
    assert file.status == 200, file.body[:200]
    with wave.open(io.BytesIO(file.body)) as opened:
        rate_hz = opened.getframerate()
        pcm = np.frombuffer(opened.readframes(opened.getnframes()), np.int16)[:: opened.getnchannels()]
    found = heard(pcm[rate_hz // 2 : 2 * rate_hz], rate_hz, TONES_HZ[:3])
    assert all(level > AUDIBLE_DB for level in found.values()), found
    started = {each["data"]["id"] for each in events if each["type"] == "participant_talking_started"}
    assert len(started) == 3, "each participant's talking is published, wherever its leg is"


def test_a_call_at_another_node_waits_in_the_lobby_until_it_is_admitted(nodes: list[Server]) -> None:
    room = nodes[0].new_room(lobby=True, dtmf_menu={"*6": "mute"})
    with RawPhone(patience_s=PATIENCE_S) as phone:
        phone.dial((nodes[1].host, nodes[1].sip_port), room)
        waiting = eventually(lambda: waits(nodes[2], room), what="the participant waits")
        assert nodes[2].call("POST", f"/conferencecalls/{waiting}/admit").status == 200
        nodes[0].wait_for_participants(room, 1, timeout_s=PATIENCE_S)
        for event in (10, 6):
            phone.press(event)
        eventually(
            lambda: nodes[0].call("GET", f"/conferencecalls/{waiting}").json["muted"],
            what="a key of the menu mutes",
        )


def waits(server: Server, room: str) -> str:
    found = server.call("GET", f"/conferencecalls?conference_id={room}").json["result"]
    return next((str(each["id"]) for each in found if each["waiting"]), "")


async def test_a_browser_and_a_phone_at_two_other_nodes_hear_each_other(nodes: list[Server]) -> None:
    """The browser's audio goes to the home, at 48 kHz; the phone's node has the room at its rate then too."""
    room = nodes[0].new_room()
    browser = AiortcClient(over_http(nodes[2], room), hz=TONES_HZ[0])
    await browser.join()
    with RawPhone(patience_s=PATIENCE_S) as phone:
        await asyncio.to_thread(phone.dial, (nodes[1].host, nodes[1].sip_port), room)
        phone.talk(tone(TONES_HZ[1], 1.0, sample_rate_hz=8000))
        await asyncio.to_thread(nodes[2].wait_for_participants, room, 2)
        await asyncio.to_thread(eventually, lambda: hears(phone, {0}, 2), what="the phone hears it")
        levels = heard(await browser.hear(2.0), 48_000, TONES_HZ[:2])
        assert levels[TONES_HZ[1]] > AUDIBLE_DB
        assert levels[TONES_HZ[0]] < SILENT_DB
    await asyncio.to_thread(nodes[0].wait_for_participants, room, 1)
    await browser.leave()


def test_a_deleted_room_ends_the_calls_of_all_nodes(nodes: list[Server]) -> None:
    room = nodes[0].new_room()
    with phones(room, nodes[:2]) as calling:
        order(nodes[2], room, calling)
        assert nodes[2].call("DELETE", f"/conferences/{room}").status == 200
        for phone in calling:
            phone.wait_for_bye(PATIENCE_S)
    eventually(lambda: nodes[1].room(room)["status"] == "terminated", what="the room has ended")


def test_when_a_satellite_dies_its_participants_have_leaved_and_the_others_go_on(nodes: list[Server]) -> None:
    room = nodes[0].new_room()
    with phones(room, nodes) as calling:
        zero, one, two = order(nodes[0], room, calling)
        wait_for(calling, {1, 2}, {0, 2}, {0, 1})
        nodes[2].kill()
        calling[2].forget()
        assert nodes[0].wait_for_participants(room, 2, timeout_s=60) == [zero, one]
        assert nodes[0].call("GET", f"/conferencecalls/{two}").json["status"] == "leaved"
        eventually(lambda: hears(calling[0], {1}) and hears(calling[1], {0}), what="the two hear each other")
    nodes[2].start()
    wait_for_nodes(nodes)
