"""Variables: the named texts of a flow, and their substitution for ``${name}`` (api.md 6.4 and 6.6)."""

import re
from collections.abc import Mapping
from typing import Any, Final

from mixminus.call.digits import Digits
from mixminus.errors import Exhausted, InvalidArgument
from mixminus.model.call import Call
from mixminus.model.flow import Activeflow

__all__ = ["DIGITS", "Variables", "given", "has_placeholder", "of_activeflow", "of_call"]

DIGITS: Final = "voipbin.call.digits"
"""The digits that the caller has pressed."""
_SYSTEM: Final = "voipbin."
_PLACEHOLDER: Final = re.compile(r"\$\{([^${}]*)\}")
MAX_GIVEN: Final = 100
MAX_VALUE_BYTES: Final = 32 * 1024
MAX_BYTES: Final = 64 * 1024


class Variables:
    """The variables of one activeflow.

    Digits are *early* if they came during an action that does not take digits.
    """

    def __init__(self, values: Mapping[str, str], digits: Digits | None = None) -> None:
        self._values = dict(values)
        self._digits = digits or Digits()
        self._early = False

    @property
    def waiting(self) -> int:
        """Number of digits that no action has taken."""
        return len(self._digits.waiting)

    def get(self, name: str) -> str:
        """Return a value; empty if there is none."""
        return self._values.get(name, "")

    def set(self, name: str, value: str) -> None:
        """Set a variable; Exhausted if it is too long, or all together are."""
        if len(value.encode()) > MAX_VALUE_BYTES:
            raise Exhausted(f"a variable is longer than {MAX_VALUE_BYTES} bytes")
        changed = self._values | {name: value}
        if _size(changed) > 2 * MAX_BYTES:
            raise Exhausted(f"variables take more than {2 * MAX_BYTES} bytes")
        self._values = changed

    def clear(self, name: str) -> None:
        """Delete a variable; with DIGITS, early digits are dropped as well."""
        self._values.pop(name, None)
        if name == DIGITS and self._early:
            self._digits.clear()
            self._early = False

    def note_early(self) -> None:
        """Set DIGITS to the early digits, which are still to be received."""
        self._values[DIGITS] = self._digits.waiting
        self._early = True

    def begin_digits(self) -> str:
        """Return the value that received digits are appended to: empty if early digits are received again."""
        before = "" if self._early else self.get(DIGITS)
        self._early = False
        return before

    def all(self) -> dict[str, str]:
        """Return all variables by name."""
        return dict(self._values)

    def substitute(self, value: Any) -> Any:
        """Return a JSON value with the placeholders in all its strings replaced.

        An unknown variable is empty.
        """
        if isinstance(value, str):
            return _PLACEHOLDER.sub(lambda found: self.get(found[1].strip()), value)
        if isinstance(value, Mapping):
            return {key: self.substitute(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.substitute(each) for each in value]
        return value


def has_placeholder(value: Any) -> bool:
    """Return whether a string in a JSON value contains a placeholder."""
    if isinstance(value, str):
        return _PLACEHOLDER.search(value) is not None
    if isinstance(value, Mapping):
        return any(map(has_placeholder, value.values()))
    return isinstance(value, list | tuple) and any(map(has_placeholder, value))


def given(values: Mapping[str, str]) -> dict[str, str]:
    """Return a client's initial variables without system names; InvalidArgument above the limits."""
    kept = {name: value for name, value in values.items() if not name.startswith(_SYSTEM)}
    if len(kept) > MAX_GIVEN:
        raise InvalidArgument(f"variables: are more than {MAX_GIVEN}")
    if any(len(value.encode()) > MAX_VALUE_BYTES for value in kept.values()):
        raise InvalidArgument(f"variables: one is longer than {MAX_VALUE_BYTES} bytes")
    if _size(kept) > MAX_BYTES:
        raise InvalidArgument(f"variables: take more than {MAX_BYTES} bytes")
    return kept


def of_activeflow(activeflow: Activeflow) -> dict[str, str]:
    """Return the system variables of an activeflow."""
    return {
        "voipbin.activeflow.id": str(activeflow.id),
        "voipbin.activeflow.reference_type": activeflow.reference_type,
        "voipbin.activeflow.reference_id": str(activeflow.reference_id),
        "voipbin.activeflow.reference_activeflow_id": str(activeflow.reference_activeflow_id),
        "voipbin.activeflow.flow_id": str(activeflow.flow_id),
        "voipbin.activeflow.complete_count": str(activeflow.complete_count),
    }


def of_call(call: Call) -> dict[str, str]:
    """Return the system variables of a call."""
    addresses = {"source": call.source, "destination": call.destination}
    return {
        "voipbin.call.id": str(call.id),
        "voipbin.call.direction": call.direction,
        "voipbin.call.master_call_id": str(call.master_call_id),
        **{
            f"voipbin.call.{side}.{field}": getattr(address, field)
            for side, address in addresses.items()
            for field in ("type", "target", "target_name", "name", "detail")
        },
        **{f"voipbin.call.headers.{name.lower()}": value for name, value in call.headers.items()},
        **_diverted(call),
    }


def _diverted(call: Call) -> dict[str, str]:
    """Return the variables of the last diversion of a call; none if it was not diverted."""
    for last in call.diversions:
        return {
            "voipbin.call.diversion.target": last.target,
            "voipbin.call.diversion.name": last.name,
            "voipbin.call.diversion.reason": last.reason,
        }
    return {}


def _size(values: Mapping[str, str]) -> int:
    return sum(len(name.encode()) + len(value.encode()) for name, value in values.items())
