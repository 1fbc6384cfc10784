"""Digits that a participant presses reach the phones of the others, where the room's settings say so."""

from tests.e2e.test_sent_digits import events
from tests.support.netns import ADDRESS
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.waiting import play_for

RELAYED_MS = 100
STAR = 10


def relayed(server: Server, sender: RawPhone, *digits: int) -> None:
    for digit in digits:
        sender.press(digit)
    play_for(1.5)


def test_digits_reach_the_others_and_not_their_sender(server: Server) -> None:
    room = server.new_room(relay_digits=True)
    with RawPhone() as sender, RawPhone() as one, RawPhone() as other:
        for phone in (sender, one, other):
            phone.dial((ADDRESS, server.sip_port), room)
        server.wait_for_participants(room, 3)
        relayed(server, sender, 4, 2)
        expected = [(code, RELAYED_MS * 8) for code in (4, 2)]
        assert (events(one), events(other), events(sender)) == (expected, expected, [])


def test_keys_of_the_menu_are_not_relayed(server: Server) -> None:
    room = server.new_room(relay_digits=True, dtmf_menu={"*9": "count"})
    with RawPhone() as sender, RawPhone() as other:
        for phone in (sender, other):
            phone.dial((ADDRESS, server.sip_port), room)
        server.wait_for_participants(room, 2)
        relayed(server, sender, STAR, 9, 5)
        assert events(other) == [(5, RELAYED_MS * 8)]


def test_nothing_is_relayed_without_the_setting(server: Server) -> None:
    room = server.new_room()
    with RawPhone() as sender, RawPhone() as other:
        for phone in (sender, other):
            phone.dial((ADDRESS, server.sip_port), room)
        server.wait_for_participants(room, 2)
        relayed(server, sender, 7)
        assert events(other) == []


def test_digits_of_a_muted_participant_are_not_relayed(server: Server) -> None:
    room = server.new_room(relay_digits=True)
    with RawPhone() as sender, RawPhone() as other:
        sender.dial((ADDRESS, server.sip_port), room)
        (muted,) = server.wait_for_participants(room, 1)
        other.dial((ADDRESS, server.sip_port), room)
        server.wait_for_participants(room, 2)
        assert server.call("PATCH", f"/conferencecalls/{muted}", {"muted": True}).status == 200
        relayed(server, sender, 7)
        assert events(other) == []
