"""A dead home does not cost the callers at its satellites their call: one of those becomes the room's home."""

from collections.abc import Sequence

import pytest

from tests.satellite.conftest import PATIENCE_S, eventually, wait_for_nodes
from tests.satellite.test_rooms_over_nodes import hears, order, patch, phones, wait_for
from tests.support.gaps import longest_silence_s, received
from tests.support.nodes import numbers
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import TONES_HZ, tone

pytestmark = pytest.mark.timeout(900)  # three servers start, on a machine that does much else
RATE_HZ = 8000
MOST_SILENCE_S = 0.2


def assert_whole(node: Server, room: str) -> None:
    """Assert that the numbers of a room's events have no gap and no repetition."""
    found = numbers(node, room)
    assert found == list(range(1, len(found) + 1))


def status(node: Server, participant: str) -> str:
    return str(node.call("GET", f"/conferencecalls/{participant}").json["status"])


def taken_over(node: Server, room: str, ids: Sequence[str]) -> None:
    """Wait until the room has another home, with exactly these participants in it."""
    eventually(
        lambda: node.call("PUT", f"/conferences/{room}", {"name": "new"}).status == 200,
        what="another node is the room's home",
    )
    assert node.wait_for_participants(room, len(ids), timeout_s=PATIENCE_S) == list(ids)


def test_survivors_of_a_killed_home_hear_each_other_and_stay_in_the_room(nodes: list[Server]) -> None:
    home, other, third = nodes
    room = home.new_room(dtmf_menu={"*6": "mute"})
    with phones(room, nodes) as calling:
        zero, one, two = order(third, room, calling)
        wait_for(calling, {1, 2}, {0, 2}, {0, 1})
        since = [len(phone.arrivals) for phone in calling]
        for phone in calling:
            phone.late_s = 0.0
        home.kill()
        calling[0].forget()
        taken_over(third, room, [one, two])
        assert status(other, zero) == "leaved"
        assert (status(other, one), status(third, two)) == ("joined", "joined")
        eventually(lambda: hears(calling[1], {2}) and hears(calling[2], {1}), what="the two hear each other")
        for listener, speaker in ((1, 2), (2, 1)):
            gap_s = longest_silence_s(
                received(calling[listener].arrivals[since[listener] :]), TONES_HZ[speaker]
            )
            assert gap_s < MOST_SILENCE_S + calling[speaker].late_s, (listener, gap_s)
        for asked, muted, heard in ((third, one, 2), (other, two, 1)):
            patch(asked, muted, muted=True)
            silent = calling[heard]
            eventually(lambda silent=silent: hears(silent, set()), what="a muted one is not heard")  # type: ignore[misc]
            patch(asked, muted, muted=False)
        eventually(lambda: hears(calling[1], {2}) and hears(calling[2], {1}), what="the two hear each other")
        assert_whole(other, room)
        home.start()
        wait_for_nodes(nodes)
        with RawPhone(patience_s=PATIENCE_S) as late:
            late.dial((home.host, home.sip_port), room)
            late.talk(tone(TONES_HZ[0], 1.0, sample_rate_hz=RATE_HZ))
            third.wait_for_participants(room, 3, timeout_s=PATIENCE_S)
            eventually(lambda: hears(late, {1, 2}), what="who comes later hears all")
            eventually(lambda: hears(calling[1], {0, 2}), what="and is heard")
        assert third.call("DELETE", f"/conferencecalls/{two}").status == 200
        calling[2].wait_for_bye(PATIENCE_S)
        third.wait_for_participants(room, 1, timeout_s=PATIENCE_S)
    eventually(lambda: other.participants(room) == [], what="all have left")
    assert_whole(third, room)


def test_who_hears_whom_and_mutes_survive_the_home(nodes: list[Server]) -> None:
    home, other, third = nodes
    room = home.new_room()
    with phones(room, nodes) as calling:
        _, one, two = order(third, room, calling)
        rules = {"mute_for_one": [{"listener": one, "speaker": two}]}
        assert other.call("PUT", f"/conferences/{room}/hears", rules).status == 200
        wait_for(calling, {1, 2}, {0}, {0, 1})
        home.stop()
        calling[0].forget()
        taken_over(other, room, [one, two])
        eventually(lambda: hears(calling[1], set()) and hears(calling[2], {1}), what="the rule holds")
        assert third.call("DELETE", f"/conferences/{room}/hears").status == 200
        eventually(lambda: hears(calling[1], {2}), what="the rule is gone")
        assert_whole(third, room)
    home.start()
    wait_for_nodes(nodes)


def test_one_who_waits_in_the_lobby_is_admitted_by_the_next_home(nodes: list[Server]) -> None:
    home, other, third = nodes
    room = home.new_room(lobby=True)
    with RawPhone(patience_s=PATIENCE_S) as phone:
        phone.dial((other.host, other.sip_port), room)
        waiting = eventually(
            lambda: next(
                (
                    str(each["id"])
                    for each in third.call("GET", f"/conferencecalls?conference_id={room}").json["result"]
                    if each["waiting"]
                ),
                "",
            ),
            what="the participant waits",
        )
        home.kill()
        eventually(
            lambda: third.call("POST", f"/conferencecalls/{waiting}/admit").status == 200,
            what="the next home admits it",
        )
        third.wait_for_participants(room, 1, timeout_s=PATIENCE_S)
        assert status(third, waiting) == "joined"
    home.start()
    wait_for_nodes(nodes)
