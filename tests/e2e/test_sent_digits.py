"""Digits that a client sends to one call: the phone receives RFC 4733 events, and the room hears nothing of them."""

from tests.support.netns import ADDRESS
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import heard
from tests.support.waiting import play_for

EVENT_TYPE = 101
DURATION_MS = 120
DTMF_HZ = (697.0, 852.0, 941.0, 1209.0, 1477.0)
SILENT_DB = -60.0


def events(phone: RawPhone) -> list[tuple[int, int]]:
    """Return the events that a phone has received: code and duration in samples, each once (RFC 4733 section 2.3)."""
    found: dict[int, tuple[int, int]] = {}
    for each in phone.arrivals:
        if each.payload_type == EVENT_TYPE:
            found[each.timestamp] = (each.payload[0], int.from_bytes(each.payload[2:4], "big"))
    return list(found.values())


def test_digits_reach_the_call_and_not_the_room(server: Server) -> None:
    room = server.new_room()
    with RawPhone() as one, RawPhone() as other:
        for phone in (one, other):
            phone.dial((ADDRESS, server.sip_port), room)
        first, _ = server.wait_for_participants(room, 2)
        call = server.call("GET", f"/conferencecalls/{first}").json["reference_id"]
        body = {"digits": "17#", "duration": DURATION_MS, "interval": 200}
        assert server.call("POST", f"/calls/{call}/digits", body).status == 200
        busy = server.call("POST", f"/calls/{call}/digits", {"digits": "1"})
        assert (busy.status, busy.json["error"]["reason"]) == (409, "CALL_STATE_INVALID")
        for wrong in ({"digits": ""}, {"digits": "1x"}, {"digits": "1", "duration": 50}):
            assert server.call("POST", f"/calls/{call}/digits", wrong).status == 400
        play_for(1.5)
        assert events(one) == [(code, DURATION_MS * 8) for code in (1, 7, 11)]
        assert events(other) == []
        assert max(heard(other.heard(1.5), 8000, DTMF_HZ).values()) < SILENT_DB
        assert server.call("POST", f"/calls/{call}/digits", {"digits": "d"}).status == 200
    ended = server.call("POST", f"/calls/{call}/digits", {"digits": "1"})
    assert ended.status == 409
