"""Labels in place of action ids, as printed flows of VoIPBIN have them."""

from typing import Any
from uuid import UUID

import pytest

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.labels import MAX_LABEL, action_id
from mixminus.model.flow import ActiveflowSpec
from mixminus.model.ids import NIL
from tests.support.backend import Backend
from tests.support.waiting import until


def test_label_is_mapped_to_the_same_id_everywhere() -> None:
    first, second = CATALOGUE.normalise(
        [
            {"id": "welcome", "next_id": "bye", "type": "answer"},
            {
                "id": "bye",
                "type": "branch",
                "option": {
                    "target_ids": {"1": "welcome", "2": "", "3": str(NIL)},
                    "default_target_id": "elsewhere",
                },
            },
        ]
    )
    assert UUID(first["id"]) == action_id("welcome") != action_id("Welcome")
    assert first["next_id"] == second["id"]
    option = second["option"]
    assert option["target_ids"] == {"1": first["id"], "2": "", "3": str(NIL)}
    assert option["default_target_id"] == str(action_id("elsewhere"))
    assert CATALOGUE.normalise([first, second]) == (first, second)


@pytest.mark.parametrize(
    "type_", ["goto", "condition_variable", "condition_datetime", "condition_call_digits"]
)
def test_every_target_may_be_a_label(type_: str) -> None:
    key = "target_id" if type_ == "goto" else "false_target_id"
    (action,) = CATALOGUE.normalise([{"id": "a", "type": type_, "option": {key: "a"}}])
    assert action["option"][key] == action["id"]
    assert getattr(CATALOGUE.parse(action).option, key) == action_id("a")


def test_variables_are_left_for_the_execution() -> None:
    (action,) = CATALOGUE.normalise([{"type": "goto", "option": {"target_id": "${next}"}}])
    assert action["option"]["target_id"] == "${next}"


@pytest.mark.parametrize("label", [5, True, ["a"], {"a": 1}, "x" * (MAX_LABEL + 1), "a\nb"])
def test_what_is_neither_label_nor_uuid_is_refused(label: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"actions\[0\]\.id: "):
        CATALOGUE.normalise([{"id": label, "type": "answer"}])
    with pytest.raises(InvalidArgument, match=r"actions\[0\]\.option\.target_id: "):
        CATALOGUE.normalise([{"type": "goto", "option": {"target_id": label}}])


def test_label_that_two_actions_have_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"actions\[2\]\.id: actions\[0\] has the label 'a' as well"):
        CATALOGUE.normalise(
            [{"id": "a", "type": "answer"}, {"type": "answer"}, {"id": "a", "type": "answer"}]
        )


def test_ids_of_other_things_are_no_labels() -> None:
    with pytest.raises(InvalidArgument):
        CATALOGUE.normalise([{"type": "conference_join", "option": {"conference_id": "room"}}])


def mark(name: str) -> dict[str, Any]:
    return {"id": name, "type": "variable_set", "option": {"key": "at", "value": name}}


async def test_jumps_to_labels_are_executed(backend: Backend) -> None:
    actions = [
        {"type": "variable_set", "option": {"key": "where", "value": "third"}},
        {"type": "goto", "option": {"target_id": "second", "loop_count": 1}},
        mark("first"),
        {"type": "stop"},
        {**mark("second"), "next_id": "jump"},
        mark("never"),
        {"id": "jump", "type": "goto", "option": {"target_id": "${where}", "loop_count": 1}},
        mark("fourth"),
        mark("third"),
    ]
    begun = await backend.activeflows.launch(backend.customer_id, ActiveflowSpec(actions=tuple(actions)))

    async def ended() -> Any:
        found = await backend.activeflows.get(backend.customer_id, begun.id)
        return found if found.status == "ended" else None

    over = await until(ended)
    done = [*over.executed_actions, over.current_action]
    names = [each["option"].get("value") for each in done if each["type"] == "variable_set"]
    assert names == ["third", "second", "third"]
