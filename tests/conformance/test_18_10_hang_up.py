"""10: within a second after a phone hangs up its participant is leaved: not listed, published, and still readable."""

from uuid import UUID

from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.site import Site
from tests.support.tones import TONES_HZ, tone
from tests.support.waiting import eventually

UNSET = "9999-01-01 00:00:00.000000"
OF_TALKING = ("participant_talking", "participant_dominant")
LEFT = ["conferencecall_leaving", "conferencecall_leaved", "conference_updated"]


async def test_18_10_leaving_needs_no_timer(site: Site) -> None:
    """The clock stands still: nothing that needs a timer happens."""
    room = await site.api.room()
    leg = await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    before = site.backend.clock.monotonic_s()
    leg.bye()
    (left,) = await site.participants(room["id"], "leaved")
    assert site.backend.clock.monotonic_s() == before
    assert (left["id"], left["tm_delete"]) == (caller["id"], UNSET)
    assert (await site.conference(room["id"]))["conferencecall_ids"] == []
    events = (await site.backend.events(UUID(room["id"])))[-3:]
    assert [event.type for event in events] == LEFT
    assert events[0].data["status"] == "leaving"
    assert (events[1].data, events[2].data["conferencecall_ids"]) == (left, [])


def test_18_10_participant_of_a_phone_that_hangs_up_leaves(server: Server) -> None:
    room = server.new_room()
    with RawPhone() as stays, RawPhone() as goes:
        for phone, pitch_hz in ((stays, TONES_HZ[0]), (goes, TONES_HZ[1])):
            phone.dial((server.host, server.sip_port), room)
            phone.talk(tone(pitch_hz, 1.0, sample_rate_hz=8000))
        remaining, gone = server.wait_for_participants(room, 2)
        goes.hang_up()
        server.wait_for_participants(room, 1)
        assert server.participants(room) == [remaining]
        listed = server.call("GET", f"/conferencecalls?conference_id={room}").json["result"]
        left = next(each for each in listed if each["id"] == gone)
        assert (left["status"], left["tm_delete"]) == ("leaved", UNSET)

        def call_is_over() -> bool:
            call = server.call("GET", f"/calls/{left['reference_id']}").json
            return (call["status"], call["hangup_by"], call["hangup_reason"]) == (
                "hangup",
                "remote",
                "normal",
            )

        eventually(call_is_over, what="the call is recorded as hung up by the phone")
        events = server.call("GET", f"/events?conference_id={room}").json["result"]
        after = [event for event in events if not event["type"].startswith(OF_TALKING)][-len(LEFT) :]
        assert [event["type"] for event in after] == LEFT
        assert after[-1]["data"]["conferencecall_ids"] == [remaining]
