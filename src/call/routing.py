"""Routing: what a dialled target means, and what a call to it does (api.md section 13.2).

target -> parse_target (pure) -> Directory.route (looks it up) -> Routed: whose call, and its Program
                                                               -> Refused: a SIP status code
"""

import enum
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import unquote
from uuid import UUID

from mixminus.call.leg import Address, Caller
from mixminus.model.call import Diversion
from mixminus.model.ids import NIL, CustomerId
from mixminus.model.signalling import UNSIGNALLED, Signalled
from mixminus.model.srtp import SrtpPolicy

__all__ = ["AudioTerms", "Dialled", "Directory", "Kind", "Program", "Refused", "Routed", "parse_target"]

_DIRECT: Final = "direct."
_UUID_LENGTH: Final = 36
_NUMBER = re.compile(r"\+?[0-9]{1,31}\Z", re.ASCII)
# E.123 and RFC 3966 allow visual separators in numbers.
_SEPARATORS: Final = str.maketrans("", "", " -.()")


class Kind(enum.Enum):
    """How a target is looked up."""

    CONFERENCE = enum.auto()
    DIRECT = enum.auto()
    NUMBER = enum.auto()
    EXTENSION = enum.auto()
    USER = enum.auto()
    """A name of the static table, an extension, or a short number."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """A target without prefix, host and escapes."""

    kind: Kind
    target: str


@dataclass(frozen=True, slots=True)
class Program:
    """What a call does: actions as in the API (api.md section 6.2), and the flow they come from, if any."""

    actions: Sequence[Mapping[str, Any]]
    flow_id: UUID = NIL
    variables: Mapping[str, str] = field(default_factory=dict)
    on_complete_flow_id: UUID = NIL
    """A flow that runs after this one has ended, without the call; nil for none."""


@dataclass(frozen=True, slots=True)
class AudioTerms:
    """What the settings of the calling account, and of the customers, require of a call's audio."""

    srtp: SrtpPolicy = ""
    media_timeout_s: int = 0
    """The time without audio after which the caller is asked whether it is there; 0 for the server's."""


@dataclass(frozen=True, slots=True)
class Routed:
    """A call that is accepted: its customer, its program, and both ends as the API shows them."""

    customer_id: CustomerId
    program: Program
    source: Address
    destination: Address
    diversions: tuple[Diversion, ...] = ()
    terms: AudioTerms = AudioTerms()


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that is rejected, with a SIP status code (RFC 3261 section 21)."""

    status_code: int


class Directory(Protocol):
    """Routes incoming calls (``directory.plan.DialPlan``)."""

    async def route(
        self, source: Address, target: str, caller: Caller, signalled: Signalled = UNSIGNALLED
    ) -> Routed | Refused:
        """Look up a dialled target; ``signalled`` counts as far as the caller is trusted."""
        ...

    async def terms_of(self, caller: Caller, customer_id: CustomerId) -> AudioTerms:
        """Return what holds for the audio of a call of this caller to a customer."""
        ...

    async def customer_of(self, caller: Caller) -> CustomerId | None:
        """Return the customer whose account the caller has authenticated, None for others."""
        ...


def parse_target(target: str) -> Dialled | None:
    """Return what a SIP user part or URI names, whatever its host; None for what is never a valid target.

    Accepted are a conference's id, ``conference:<id>``, ``direct.<hash>``, ``tel:<number>``, ``+<number>``,
    ``extension:<name>``, and a bare word.
    """
    user = unquote(target).removeprefix("sips:").removeprefix("sip:").partition("@")[0]
    prefix, colon, rest = user.partition(":")
    if colon:
        return _prefixed(prefix.lower(), rest)
    if user.startswith("+"):
        return _number(user)
    if user.startswith(_DIRECT):
        return Dialled(Kind.DIRECT, user)
    return _conference(user) or (Dialled(Kind.USER, user) if _is_word(user) else None)


def _prefixed(prefix: str, rest: str) -> Dialled | None:
    match prefix:
        case "conference":
            return _conference(rest)
        case "tel":
            return _number(rest)
        case "extension" if _is_word(rest):
            return Dialled(Kind.EXTENSION, rest)
    return None


def _number(text: str) -> Dialled | None:
    digits = text.translate(_SEPARATORS)
    return Dialled(Kind.NUMBER, digits) if _NUMBER.match(digits) else None


def _conference(text: str) -> Dialled | None:
    # uuid.UUID alone would also accept braces, bare hexadecimal and urn: forms.
    if len(text) != _UUID_LENGTH:
        return None
    try:
        return Dialled(Kind.CONFERENCE, str(uuid.UUID(text)))
    except ValueError:
        return None


def _is_word(text: str) -> bool:
    return bool(text) and text.isprintable()
