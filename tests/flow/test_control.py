"""Jumps, conditions and variables on a real call."""

from typing import Any

import pytest

from mixminus.model.call import CallStatus
from mixminus.model.flow import FlowSpec
from mixminus.model.ids import ConferencecallId, FlowId, new_id
from tests.support.backend import Backend
from tests.support.calling import HANGUP, HOUR, action, calling, mark, place, trail
from tests.support.waiting import until


async def marks(backend: Backend, *actions: dict[str, Any]) -> list[str]:
    """Return the marks that a call passes until it is hung up after the last action."""
    caller = await calling(backend, *actions, HANGUP)
    return trail(await caller.over())


async def test_next_id_is_followed(backend: Backend) -> None:
    assert await marks(
        backend,
        {**mark("a"), "next_id": place("c")},
        mark("b"),
        {**mark("c"), "next_id": str(place("e"))},
        mark("d"),
        mark("e"),
    ) == ["a", "c", "e"]


@pytest.mark.parametrize(
    ("value", "expected"), [("1", ["one"]), ("2", ["two"]), ("3", ["else"]), ("", ["else"])]
)
async def test_branch_jumps_by_value(backend: Backend, value: str, expected: list[str]) -> None:
    caller = await calling(
        backend,
        action("variable_set", key="choice", value=value),
        action(
            "branch",
            variable="choice",
            default_target_id=place("else"),
            target_ids={"1": place("one"), "2": place("two")},
        ),
        mark("never"),
        {**mark("one"), "next_id": place("end")},
        {**mark("two"), "next_id": place("end")},
        mark("else"),
        action("webhook_send", id="end", uri="nowhere", data="left: ${choice}"),
        HANGUP,
    )
    ended = await caller.over()
    assert trail(ended)[1:] == expected
    (sent,) = [each for each in ended.executed_actions if each["type"] == "webhook_send"]
    assert sent["option"]["data"] == "left: "


async def test_a_branch_without_a_target_continues(backend: Backend) -> None:
    assert await marks(backend, action("branch", variable="x"), mark("next")) == ["next"]


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_goto_jumps_loop_count_times(backend: Backend, count: int) -> None:
    expected = ["a"] * (count + 1) + ["b"]
    jump = action("goto", target_id=place("a"), loop_count=count)
    assert await marks(backend, mark("a"), jump, mark("b")) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (action("condition_variable", variable="${name}", value_string="Ada"), ["true", "false"]),
        (action("condition_variable", variable="${name}", value_string="Bob"), ["false"]),
        (action("condition_datetime", month=1, day=1, hour=0), ["true", "false"]),
        (action("condition_datetime", month=2), ["false"]),
        (action("condition_call_digits", length=1), ["false"]),
        (action("condition_call_status", status="progressing"), ["true", "false"]),
        (action("condition_call_status", status="ringing"), ["false"]),
    ],
)
async def test_a_condition_jumps_if_it_does_not_hold(
    backend: Backend, condition: dict[str, Any], expected: list[str]
) -> None:
    condition["option"]["false_target_id"] = place("false")
    seen = await marks(
        backend,
        action("variable_set", key="name", value="Ada"),
        condition,
        mark("true"),
        mark("false"),
    )
    assert seen == ["name", *expected]


async def test_a_variable_may_contain_another(backend: Backend) -> None:
    caller = await calling(
        backend,
        action("variable_set", key="a", value="${voipbin.call.source.target}"),
        action("variable_set", key="b", value="${a} & ${missing}${voipbin.activeflow.reference_type}"),
        HOUR,
    )
    await caller.does("sleep")
    seen = [each["option"]["value"] for each in (await caller.activeflow()).executed_actions[-2:]]
    assert seen == ["alice", "alice & call"]


async def test_a_flow_continues_after_fetch_flow(backend: Backend) -> None:
    inner = await backend.flows.create(backend.customer_id, FlowSpec(actions=(mark("b"),)))
    fetch = action("fetch_flow", flow_id=str(inner.id))
    assert await marks(backend, mark("a"), fetch, mark("c")) == ["a", "b", "c"]


async def test_a_jump_to_an_outer_action_leaves_the_inner_flow(backend: Backend) -> None:
    out = action("goto", target_id=place("d"), loop_count=1)
    inner = await backend.flows.create(backend.customer_id, FlowSpec(actions=(mark("b"), out, mark("never"))))
    fetch = action("fetch_flow", flow_id=str(inner.id))
    assert await marks(backend, mark("a"), fetch, mark("c"), mark("d")) == ["a", "b", "d"]


@pytest.mark.parametrize("deleted", [True, False])
async def test_fetch_flow_of_a_missing_flow_ends_the_call(backend: Backend, deleted: bool) -> None:
    flow_id = FlowId(new_id())
    if deleted:
        flow_id = (await backend.flows.create(backend.customer_id, FlowSpec())).id
        await backend.flows.delete(backend.customer_id, flow_id)
    caller = await calling(backend, action("fetch_flow", flow_id=str(flow_id)), mark("never"))
    assert trail(await caller.over()) == []
    assert caller.leg.done[-1] == "hang up failed"


async def test_a_jump_to_a_missing_action_ends_the_call(backend: Backend) -> None:
    caller = await calling(backend, action("goto", target_id=str(new_id()), loop_count=1), mark("never"))
    assert trail(await caller.over()) == []
    assert caller.leg.done[-1] == "hang up failed"


async def test_stop_ends_the_whole_flow(backend: Backend) -> None:
    caller = await calling(backend, mark("a"), action("stop"), mark("never"))
    assert trail(await caller.over()) == ["a"]
    assert caller.leg.done == ["answer", "hang up normal"]


async def test_block_waits_until_the_flow_is_stopped(backend: Backend) -> None:
    caller = await calling(backend, action("empty"), action("block"), mark("never"))
    call = await caller.does("block")
    assert (await caller.call()).status is CallStatus.PROGRESSING
    await backend.activeflows.stop(backend.customer_id, call.activeflow_id)  # type: ignore[arg-type]
    assert trail(await caller.over()) == []
    assert caller.leg.done == ["answer", "hang up normal"]


async def test_hangup_uses_the_reason_of_a_referenced_call(backend: Backend) -> None:
    first = await calling(backend, action("hangup", reason="busy"))
    before = await first.over()
    second = await calling(backend, action("hangup", reference_id=str(before.reference_id)))
    await until(lambda: second.leg.done[-1:] == ["hang up busy"])
    unknown = await calling(backend, action("hangup", reason="noanswer", reference_id=str(new_id())))
    await until(lambda: unknown.leg.done[-1:] == ["hang up noanswer"])


async def test_a_muted_call_sends_and_receives_no_audio(backend: Backend) -> None:
    caller = await calling(backend, action("mute"), HOUR)
    call = await caller.does("sleep")
    assert call.mute.word == "both"
    assert caller.leg.port.muted


async def test_confbridge_join_skips_pre_and_post_actions(backend: Backend) -> None:
    inner = await backend.room(pre_actions=(mark("never"),), post_actions=(mark("never"),))
    caller = await calling(
        backend, action("confbridge_join", confbridge_id=str(inner.id)), mark("after"), HANGUP
    )

    async def inside() -> bool:
        return len(await backend.joined(inner)) == 1

    await until(inside)
    (id_,) = await backend.joined(inner)
    participant = await backend.participants.get_call(backend.customer_id, ConferencecallId(id_))
    assert participant.activeflow_id == (await caller.activeflow()).id
    await backend.participants.kick(backend.customer_id, ConferencecallId(id_))
    assert trail(await caller.over()) == ["after"]
