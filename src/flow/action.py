"""Actions: what a type of action is, one action of a flow, and the catalogue that reads them from JSON.

One file in ``flow/actions/`` describes a family of action types: the options, what executes them, and
a row for each type. ``flow/actions/catalogue.py`` lists the families.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from mixminus.errors import InvalidArgument
from mixminus.flow.errors import InvalidActionType
from mixminus.flow.labels import MAX_LABEL, check_unique, with_target_ids
from mixminus.flow.options import Option, read_action_id, validate_option
from mixminus.flow.variables import has_placeholder
from mixminus.model.ids import NIL, new_id

__all__ = ["Action", "ActionType", "Catalogue"]

OptionT = TypeVar("OptionT", bound=Option)
RunT = TypeVar("RunT")
"""Always FlowRun, which stands above this module."""


@dataclass(frozen=True, slots=True)
class ActionType(Generic[RunT, OptionT]):
    """A type of action that the server can execute (api.md sections 6.4 and 6.5)."""

    name: str
    option: type[OptionT]
    execute: Callable[[RunT, OptionT], Coroutine[Any, Any, None]]
    stops_flow: bool = False
    """It decides how the flow continues: if it fails, the flow stops. Any other type is skipped."""
    instant: bool = False
    """Never waits. It is stored together with the next action that is not instant."""
    saves: bool = False
    """It stores itself, and that the call is answered (``FlowRun.save``), with what it writes, at the latest before it waits."""
    uses_digits: bool = False
    """Digits received meanwhile are for this action."""
    without_call: bool = False
    """Can be executed in a flow that has no call; any other type is skipped there."""

    @property
    def takes_digits(self) -> bool:
        """Whether digits received meanwhile are for this action, or for the actions within it."""
        return self.uses_digits or self.stops_flow


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a flow; type and option are None where the server cannot execute it."""

    id: UUID
    next_id: UUID
    name: str
    type: ActionType[Any, Any] | None
    option: Option | None
    source: dict[str, Any]
    """As the API shows it, every key present."""


class Catalogue:
    """The types of action that may stand in a flow; those that are not supported are skipped when it runs."""

    def __init__(self, types: Iterable[ActionType[Any, Any]], *, unsupported: Iterable[str]) -> None:
        self.types: Final = {each.name: each for each in types}
        self.names: Final = frozenset(self.types) | frozenset(unsupported)

    def parse(self, raw: Mapping[str, Any]) -> Action:
        """Return one action; InvalidActionType for an unknown type, InvalidArgument for an invalid option."""
        name, fields = self._outline(raw)
        id_, next_id = read_action_id(raw, "id"), read_action_id(raw, "next_id")
        type_ = self.types.get(name)
        option = validate_option(type_.option, fields) if type_ else None
        source = {"id": str(id_), "next_id": str(next_id), "type": name, "option": fields}
        return Action(id_, next_id, name, type_, option, source)

    def normalise(
        self, raw: Sequence[Mapping[str, Any]], where: str = "actions", *, identified: bool = True
    ) -> tuple[dict[str, Any], ...]:
        """Validate a list of actions; return it with every key present, and with new ids if ``identified``.

        An error names the path of the field, as in ``actions[2].option.duration: ...``. Fields
        that contain a variable are validated when the action is executed.
        """
        check_unique(raw, where)
        return tuple(
            self._normalised(each, f"{where}[{index}]", identified) for index, each in enumerate(raw)
        )

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of an action, self-contained: one variant for each type, then all others."""
        variants = [_variant(each) for each in self.types.values()]
        return {
            "description": "One step of a flow.",
            "oneOf": [*variants, _outline_schema(sorted(self.names - self.types.keys()))],
        }

    def _normalised(self, raw: Mapping[str, Any], where: str, identified: bool) -> dict[str, Any]:
        if not isinstance(raw, Mapping):
            raise InvalidArgument(f"{where}: is not an object")
        try:
            name, fields = self._outline(raw)
            id_ = read_action_id(raw, "id")
            source = {
                "id": str(new_id() if identified and id_ == NIL else id_),
                "next_id": str(read_action_id(raw, "next_id")),
                "type": name,
                "option": fields,
            }
        except InvalidArgument as error:
            raise type(error)(f"{where}.{error}") from None
        if type_ := self.types.get(name):
            known = {key: value for key, value in fields.items() if not has_placeholder(value)}
            try:
                validate_option(type_.option, known)
            except InvalidArgument as error:
                raise type(error)(f"{where}.option.{error}") from None
        return source

    def _outline(self, raw: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        name = raw.get("type")
        if not isinstance(name, str) or name not in self.names:
            raise InvalidActionType(f"type: unknown action type {name!r}"[:100])
        fields = raw.get("option") or {}
        if not isinstance(fields, Mapping):
            raise InvalidArgument(f"option: of {name} is not an object")
        return name, with_target_ids(fields)


def _variant(type_: ActionType[Any, Any]) -> dict[str, Any]:
    option = type_.option.json_schema()
    outline = _outline_schema([type_.name])
    outline["properties"]["option"] = option
    return {"title": type_.name, "description": option.pop("description", ""), **outline}


def _outline_schema(names: list[str]) -> dict[str, Any]:
    identifier = {
        "type": "string",
        "maxLength": MAX_LABEL,
        "description": "A UUID, or a label of your own, which is mapped to a UUID.",
    }
    return {
        "type": "object",
        "properties": {
            "id": identifier,
            "next_id": identifier,
            "type": {"enum": names},
            "option": {"type": "object"},
        },
        "required": ["type"],
    }
