"""Labels: names of actions that clients write in place of UUIDs (api.md section 6.2). Pure.

A label always gives the same UUID (version 5, RFC 9562 section 5.5), so that a jump to it finds the action from
any list of the flow, also where the label is the value of a variable.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from mixminus.errors import InvalidArgument
from mixminus.flow.variables import has_placeholder
from mixminus.model.ids import NIL

__all__ = ["MAX_LABEL", "action_id", "check_unique", "with_target_ids"]

MAX_LABEL: Final = 128
"""Characters."""
_NAMESPACE: Final = UUID("6f1f6c7e-2f5b-5d0e-9d3c-0c8f3f0f7a51")
_TARGETS: Final = ("target_id", "default_target_id", "false_target_id")
_TARGET_MAP: Final = "target_ids"


def action_id(value: object) -> UUID:
    """Return the id that a UUID or a label means, nil if it is absent or empty; ValueError for anything else."""
    if value is None or value == "":
        return NIL
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not value.isprintable() or len(value) > MAX_LABEL:
        raise ValueError(f"is neither a UUID nor a label of at most {MAX_LABEL} printable characters")
    try:
        return UUID(value)
    except ValueError:
        return uuid5(_NAMESPACE, value)


def with_target_ids(option: Mapping[str, Any]) -> dict[str, Any]:
    """Return an option with the ids of the labels that it jumps to; variables are left for the execution."""
    changed = {key: _target(option[key]) for key in _TARGETS if key in option}
    if isinstance(targets := option.get(_TARGET_MAP), Mapping):
        changed[_TARGET_MAP] = {key: _target(value) for key, value in targets.items()}
    return {**option, **changed}


def check_unique(actions: Sequence[Mapping[str, Any]], where: str) -> None:
    """Raise InvalidArgument for a label that two actions of one list have: a jump to it would be ambiguous."""
    seen: dict[str, int] = {}
    for index, each in enumerate(actions):
        label = each.get("id") if isinstance(each, Mapping) else None
        if not isinstance(label, str) or not label or _is_uuid(label):
            continue
        if label in seen:
            raise InvalidArgument(
                f"{where}[{index}].id: {where}[{seen[label]}] has the label {label!r} as well"[:300]
            )
        seen[label] = index


def _target(value: Any) -> Any:
    """Return the id of a label as text; anything else as it is, to be validated with the option."""
    if not isinstance(value, str) or not value or has_placeholder(value) or _is_uuid(value):
        return value
    try:
        return str(action_id(value))
    except ValueError:
        return value


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
