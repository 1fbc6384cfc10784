"""What lets others be called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.reading import OptionFields, read_flag, read_text, read_uuid
from mixminus.model.call import Address

__all__ = ["READERS", "Call", "Connect", "DiallingOption", "InvalidAnonymousValue"]

Kind = Literal["", "tel", "sip", "extension", "agent", "conference"]
_KINDS: Final[dict[str, Kind]] = {
    "tel": "tel", "sip": "sip", "extension": "extension", "agent": "agent", "conference": "conference"
}  # fmt: skip
_MAX_DESTINATIONS: Final = 100


@dataclass(frozen=True, slots=True)
class Call:
    """Call somebody, and go on at once; the new call has a flow of its own."""

    source: Address | None
    """None: whoever is in this call."""
    destinations: tuple[Address, ...]
    flow_id: UUID
    actions: tuple[Mapping[str, Any], ...]
    chained: bool
    """The new call ends with this one."""
    early_execution: bool
    """Its flow begins while it rings."""
    anonymous: bool


@dataclass(frozen=True, slots=True)
class Connect:
    """Call somebody, and talk; with several destinations all ring, and the first to answer has the call."""

    source: Address | None
    destinations: tuple[Address, ...]
    relay_reason: bool
    """If nobody answers, hang up as they have."""
    anonymous: bool


DiallingOption = Call | Connect


def _call(fields: OptionFields) -> Call:
    actions = fields.get("actions") or []
    if not isinstance(actions, list | tuple) or not all(isinstance(each, Mapping) for each in actions):
        raise InvalidArgument("actions: is not a list of actions")
    return Call(
        source=_source(fields),
        destinations=_destinations(fields),
        flow_id=read_uuid(fields, "flow_id"),
        actions=tuple(actions),
        chained=read_flag(fields, "chained"),
        early_execution=read_flag(fields, "early_execution"),
        anonymous=_anonymous(fields),
    )


def _connect(fields: OptionFields) -> Connect:
    return Connect(
        source=_source(fields),
        destinations=_destinations(fields),
        relay_reason=read_flag(fields, "relay_reason"),
        anonymous=_anonymous(fields),
    )


def _source(fields: OptionFields) -> Address | None:
    source = fields.get("source")
    return None if source in (None, {}) else _address(source, "source")


def _destinations(fields: OptionFields) -> tuple[Address, ...]:
    found = fields.get("destinations") or []
    if not isinstance(found, list | tuple) or len(found) > _MAX_DESTINATIONS:
        raise InvalidArgument(f"destinations: is not a list of at most {_MAX_DESTINATIONS} addresses")
    return tuple(_address(each, f"destinations[{index}]") for index, each in enumerate(found))


def _address(value: object, where: str) -> Address:
    if not isinstance(value, Mapping):
        raise InvalidArgument(f"{where}: is not an address")
    # A kind of address that this house does not know is of no kind, and nobody is called there.
    kind = _KINDS.get(read_text(value, "type"), "")
    words = {key: read_text(value, key) for key in ("target", "target_name", "name", "detail")}
    if any("\r" in word or "\n" in word for word in words.values()):
        raise InvalidArgument(f"{where}: has more than one line")
    return Address(kind, **words)


def _anonymous(fields: OptionFields) -> bool:
    word = read_text(fields, "anonymous")
    if word not in ("", "yes", "no", "auto") and "${" not in word:
        raise InvalidAnonymousValue("anonymous: is none of yes, no, auto")
    return word == "yes"


class InvalidAnonymousValue(InvalidArgument):
    reason = "INVALID_ANONYMOUS_VALUE"


READERS: Final[dict[str, Callable[[OptionFields], DiallingOption]]] = {"call": _call, "connect": _connect}
