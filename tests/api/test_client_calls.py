"""Requests of VoIPBIN's clients about calls, as they send them: what becomes of the calls, and what events say."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from mixminus.flow.labels import action_id
from mixminus.model.ids import NIL, ConferenceId
from mixminus.store.timestamps import TimestampStyle
from tests.support.front import Front, next_frame, open_front, subscribe
from tests.support.site import Site, open_site
from tests.support.waiting import until

NONE = str(NIL)
NEVER = "9999-01-01 00:00:00.000000"
NUMBER = "+15550100"
NO_ACTION = {"id": NONE, "next_id": NONE, "type": "", "option": {}, "tm_execute": NEVER}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path) as opened:
        yield opened


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as opened:
        yield opened


async def posted(site: Site, path: str, body: dict[str, Any]) -> dict[str, Any]:
    status, answer = await site.api.post(f"/v1.0{path}", body)
    assert status == 200, answer
    assert isinstance(answer, dict)
    return answer


async def calls_of(site: Site, direction: str) -> list[dict[str, Any]]:
    _, page = await site.api.get("/v1.0/calls")
    return [each for each in page["result"] if each["direction"] == direction]


async def joined(site: Site, room_id: str) -> str:
    """Let a phone join the room; return the participant's id."""
    await site.backend.dial(ConferenceId(UUID(room_id)))
    (participant,) = await site.participants(room_id, "joined")
    return str(participant["id"])


async def test_empty_flow_at_the_end_of_a_recording_and_a_transcribe(site: Site) -> None:
    room = await site.api.room()
    await joined(site, room["id"])
    path = f"/conferences/{room['id']}/recording_start"
    shown = await posted(site, path, {"format": "wav", "duration": 0, "on_end_flow_id": ""})
    assert UUID(shown["recording_id"]) != NIL
    body = {
        "reference_type": "confbridge",
        "reference_id": room["id"],
        "language": "en-US",
        "direction": "both",
        "on_end_flow_id": "",
    }
    assert (await posted(site, "/transcribes", body))["on_end_flow_id"] == NONE


async def test_call_to_a_number_of_ours_runs_its_flow(site: Site) -> None:
    actions = [{"type": "answer"}, {"type": "sleep", "option": {"duration": 3_600_000}}]
    flow = await posted(site, "/flows", {"name": "menu", "actions": actions, "on_complete_flow_id": ""})
    await posted(site, "/numbers", {"number": NUMBER, "call_flow_id": flow["id"], "message_flow_id": ""})
    body = {
        "source": {"type": "tel", "target": "+15550199"},
        "destinations": [{"type": "tel", "target": NUMBER}],
        "flow_id": "",
        "actions": actions[1:],
    }
    (placed,) = (await posted(site, "/calls", body))["calls"]
    await site.call_becomes(placed["id"], "progressing")
    (called,) = await calls_of(site, "incoming")
    assert (called["flow_id"], called["destination"]["target"]) == (flow["id"], NUMBER)
    assert (await site.call_becomes(called["id"], "progressing"))["action"]["type"] == "sleep"
    assert site.backend.exchange.legs == []


async def test_topic_with_a_type_of_event_brings_the_bare_call(front: Front) -> None:
    """`customer_id:<id>:call:call_progressing` brings the resource; `customer_id:<id>:call` the wrapped event."""
    backend = front.backend
    customer = backend.customer_id
    room = await backend.room()
    async with front.listen() as bare, front.listen() as wrapped:
        await subscribe(bare, f"customer_id:{customer}:call:call_progressing")
        await subscribe(wrapped, f"customer_id:{customer}:call")
        await backend.join(room)
        call = await next_frame(bare)
        frames = [await next_frame(wrapped) for _ in range(2)]
    assert (call["status"], call["direction"]) == ("progressing", "incoming")
    assert [each["type"] for each in frames] == ["call_created", "call_progressing"]
    assert frames[1]["data"] == call


async def test_actions_that_do_not_run_are_the_nil_action_in_full(site: Site) -> None:
    destination = {"type": "sip", "target": "bob@192.0.2.7"}
    (call,) = (await posted(site, "/calls", {"destinations": [destination]}))["calls"]
    assert call["action"] == NO_ACTION
    activeflow = await posted(site, "/activeflows", {"id": "", "flow_id": "", "actions": []})

    async def ended() -> Any:
        _, found = await site.api.get(f"/v1.0/activeflows/{activeflow['id']}")
        return found if found["status"] == "ended" else None

    assert (await until(ended))["current_action"] == NO_ACTION


async def test_printed_flow_with_labels_is_stored_and_its_jumps_work(site: Site) -> None:
    def mark(name: str) -> dict[str, Any]:
        return {"id": name, "type": "variable_set", "option": {"key": "at", "value": name}}

    actions = [
        {"id": "welcome", "type": "goto", "option": {"target_id": "menu", "loop_count": 1}},
        mark("skipped"),
        mark("menu"),
    ]
    flow = await posted(site, "/flows", {"name": "printed", "actions": actions})
    ids = [each["id"] for each in flow["actions"]]
    assert ids == [str(action_id(name)) for name in ("welcome", "skipped", "menu")]
    assert flow["actions"][0]["option"]["target_id"] == ids[2]
    run = await posted(site, "/activeflows", {"id": "", "flow_id": flow["id"], "actions": []})

    async def ended() -> Any:
        _, found = await site.api.get(f"/v1.0/activeflows/{run['id']}")
        return found if found["status"] == "ended" else None

    over = await until(ended)
    executed = [each["id"] for each in [*over["executed_actions"], over["current_action"]]]
    assert ids[2] in executed
    assert ids[1] not in executed


async def test_linear_groupcall_rings_one_after_the_other(site: Site) -> None:
    body = {
        "source": {"type": "tel", "target": "+15550199"},
        "destinations": [{"type": "sip", "target": f"{name}@192.0.2.7"} for name in ("bob", "carol")],
        "flow_id": "",
        "actions": [],
        "ring_method": "linear",
        "answer_method": "hangup_others",
    }
    group = await posted(site, "/groupcalls", body)
    assert group["ring_method"] == "linear"
    legs = site.backend.exchange.legs
    await until(lambda: len(legs) == 1)
    legs[0].bye()
    await until(lambda: len(legs) == 2)
    assert [each.target.request_uri.partition("@")[0] for each in legs] == ["sip:bob", "sip:carol"]


async def test_role_and_mute_of_conference_join_hold_for_the_participant(site: Site) -> None:
    room = await site.api.room()
    option = {"conference_id": room["id"], "mute_on_join": True, "role": "moderator"}
    flow = await posted(site, "/flows", {"actions": [{"type": "conference_join", "option": option}]})
    assert flow["actions"][0]["option"] == option
    leg = await site.backend.dial(flow["direct_hash"])
    (participant,) = await site.participants(room["id"], "joined")
    assert participant["role"] == "moderator"
    assert leg.port.muted


async def test_participant_that_hangs_up_is_leaving_before_it_has_left(front: Front) -> None:
    backend = front.backend
    room = await backend.room()
    topic = f"customer_id:{backend.customer_id}:conferencecall"
    async with front.listen() as socket:
        await subscribe(socket, topic)
        (leg,) = await backend.join(room)
        leg.bye()
        seen: list[tuple[str, str]] = []
        while not seen or seen[-1][0] != "conferencecall_leaved":
            frame = await next_frame(socket)
            if frame["type"].startswith("conferencecall_"):
                seen.append((frame["type"], frame["data"]["status"]))
    states = ("joining", "joined", "leaving", "leaved")
    assert seen == [(f"conferencecall_{each}", each) for each in states]


@pytest.mark.parametrize(("style", "never"), [(TimestampStyle.LEGACY, NEVER), (TimestampStyle.RFC3339, None)])
async def test_time_of_deletion_in_lists(tmp_path: Path, style: TimestampStyle, never: str | None) -> None:
    async with open_site(tmp_path, style=style) as site:
        await site.api.room()
        await posted(site, "/flows", {"name": "f", "actions": []})
        for path in ("conferences", "flows", "customers", "accesskeys"):
            _, page = await site.api.get(f"/v1.0/{path}?page_size=10&page_token=")
            assert {each["tm_delete"] for each in page["result"]} == {never}, path


async def test_kick_of_a_participant_that_has_left_is_a_conflict(site: Site) -> None:
    room = await site.api.room()
    participant_id = await joined(site, room["id"])
    site.backend.legs[0].bye()
    await site.participants(room["id"], "leaved")
    status, refused = await site.api.send("DELETE", f"/v1.0/conferencecalls/{participant_id}")
    assert (status, refused["error"]["status"]) == (409, "FAILED_PRECONDITION")
    assert (await site.api.send("DELETE", f"/v1.0/conferencecalls/{uuid4()}"))[0] == 404
