"""Every message between the processes of the SIP side, and how one becomes bytes.

    server ── Fork ─────────────────────────────> zygote
           <─ Forked WorkerExited ───────────────
    server ── Attach Ring Answer Reject HangUp Drain ──────────────> worker
           <─ WorkerReady IncomingCall MediaAgreed DigitReceived CallEnded ──
    server ── OpenEdge AddWorker RemoveWorker ReleaseCall Drain ───> edge
           <─ EdgeOpened EdgeCounted ────────────
    server ── GiveAccount ForgetAccounts AnswerRegistration ───────> edge
           <─ AccountAsked LoginsFailed RegistrationAsked ─

Commands are imperatives, reports are past participles. One message is one
record of a Unix SOCK_SEQPACKET socket: JSON, tagged with the class's name.
End of file on such a socket means that the other process is gone.
"""

import base64
import binascii
import dataclasses
import enum
import functools
import types
import typing
import uuid
from dataclasses import dataclass
from typing import Any, Final

import orjson

from mixminus.errors import InvalidArgument
from mixminus.ids import LegId
from mixminus.sip.sdp.negotiation import LocalEnd

__all__ = [
    "MAX_MESSAGE_BYTES",
    "AccountAsked",
    "AddWorker",
    "Answer",
    "AnswerRegistration",
    "Attach",
    "CallEnded",
    "DigitReceived",
    "Drain",
    "EdgeCounted",
    "EdgeOpened",
    "ForgetAccounts",
    "Fork",
    "Forked",
    "GiveAccount",
    "HangUp",
    "IncomingCall",
    "LoginsFailed",
    "MalformedMessage",
    "MediaAgreed",
    "Message",
    "OpenEdge",
    "RegisteringPhone",
    "RegistrationAsked",
    "Reject",
    "ReleaseCall",
    "RemoveWorker",
    "Ring",
    "WorkerExited",
    "WorkerReady",
    "decode",
    "encode",
]

MAX_MESSAGE_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Fork:
    """To the zygote, with the worker's end of its socket beside it: fork a worker."""

    worker_id: int
    max_calls: int
    session_expires_s: int
    edge_port: int
    """On loopback: the worker takes SIP from there and from nowhere else."""


@dataclass(frozen=True, slots=True)
class Forked:
    worker_id: int
    pid: int


@dataclass(frozen=True, slots=True)
class WorkerExited:
    worker_id: int
    exit_code: int
    """Negative: the signal that ended it."""


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """The worker listens on loopback and takes so many calls at once."""

    sip_port: int
    capacity: int


@dataclass(frozen=True, slots=True)
class IncomingCall:
    leg_id: LegId
    sip_call_id: str
    request_uri: str
    from_uri: str
    """With the display name, as the header has it."""
    to_uri: str
    offer: str
    """The SDP, or nothing: then ours goes into the 200 (late offer)."""
    account_id: str = ""
    """The extension or trunk that has proved itself to the edge; empty for anybody else."""
    source_host: str = ""
    """The address that the INVITE came to the edge from."""


@dataclass(frozen=True, slots=True)
class Attach:
    """This is our end of the leg's media; sent before the first Ring or Answer."""

    leg_id: LegId
    local: LocalEnd


@dataclass(frozen=True, slots=True)
class Ring:
    leg_id: LegId


@dataclass(frozen=True, slots=True)
class Answer:
    leg_id: LegId


@dataclass(frozen=True, slots=True)
class Reject:
    leg_id: LegId
    status_code: int


@dataclass(frozen=True, slots=True)
class HangUp:
    leg_id: LegId


@dataclass(frozen=True, slots=True)
class MediaAgreed:
    """An offer/answer exchange is complete: the first one, hold, resume, or any later one."""

    leg_id: LegId
    local_sdp: str
    remote_sdp: str


@dataclass(frozen=True, slots=True)
class DigitReceived:
    """DTMF by INFO (application/dtmf-relay)."""

    leg_id: LegId
    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class CallEnded:
    leg_id: LegId
    sip_call_id: str
    status_code: int
    local: bool
    """Whether Reject, HangUp or Drain ended it."""


@dataclass(frozen=True, slots=True)
class OpenEdge:
    host: str
    port: int
    public_host: str
    inner_port: int
    """Loopback port towards the workers; 0 at the first start, the same again after a restart."""
    invites_per_s: float
    messages_per_s: float
    domain: str = ""
    """What the realms of customers and trunks are below."""


@dataclass(frozen=True, slots=True)
class EdgeOpened:
    port: int
    inner_port: int


@dataclass(frozen=True, slots=True)
class AddWorker:
    worker_id: int
    sip_port: int
    capacity: int
    sip_call_ids: tuple[str, ...] = ()
    """Calls that it already has, when the edge is the one that was restarted."""


@dataclass(frozen=True, slots=True)
class RemoveWorker:
    """The worker is gone: tell the phones of its calls."""

    worker_id: int


@dataclass(frozen=True, slots=True)
class ReleaseCall:
    """The call is over in its worker."""

    sip_call_id: str


@dataclass(frozen=True, slots=True)
class EdgeCounted:
    """Counters that have grown, by name, with their whole value."""

    counters: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AccountAsked:
    """From the edge: who may log in by this name?"""

    ask: int
    domain: str
    """The host that was named, or the realm that was digested."""
    username: str
    host: str


@dataclass(frozen=True, slots=True)
class GiveAccount:
    ask: int
    realm: str
    account_id: str
    """Empty: nobody."""
    sha256: str
    """H(A1) of RFC 7616; empty where no password opens."""
    md5: str
    trusted: bool
    """The address is proof enough."""


@dataclass(frozen=True, slots=True)
class ForgetAccounts:
    """Somebody's password, or whether they may log in, has changed: ask again."""


@dataclass(frozen=True, slots=True)
class LoginsFailed:
    """Somebody keeps trying an account's door, and waits longer each time from now on."""

    account_id: str
    host: str
    attempts: int


@dataclass(frozen=True, slots=True)
class RegisteringPhone:
    """One Contact of a REGISTER; 0 seconds take it away."""

    contact: str
    expires_s: int
    instance: str


@dataclass(frozen=True, slots=True)
class RegistrationAsked:
    """A phone of this account has proved itself, and wants to be found by the flow it came by."""

    ask: int
    account_id: str
    sip_call_id: str
    sequence_number: int
    phones: tuple[RegisteringPhone, ...]
    removes_all: bool
    transport: str
    host: str
    port: int
    connection: int


@dataclass(frozen=True, slots=True)
class AnswerRegistration:
    ask: int
    status_code: int
    phones: tuple[tuple[str, int], ...]
    """Every contact that the account has now, with the seconds it has left."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Take no new call; a worker also hangs up its calls, and exits when the last is over."""


Message = (
    Fork
    | Forked
    | WorkerExited
    | WorkerReady
    | IncomingCall
    | Attach
    | Ring
    | Answer
    | Reject
    | HangUp
    | MediaAgreed
    | DigitReceived
    | CallEnded
    | OpenEdge
    | EdgeOpened
    | AddWorker
    | RemoveWorker
    | ReleaseCall
    | EdgeCounted
    | AccountAsked
    | GiveAccount
    | ForgetAccounts
    | LoginsFailed
    | RegistrationAsked
    | AnswerRegistration
    | Drain
)
_CLASSES: Final[dict[str, type]] = {each.__name__: each for each in typing.get_args(Message)}


class MalformedMessage(InvalidArgument):
    """Bytes that no process of ours has written, or a message too large to send."""

    reason = "MESSAGE_MALFORMED"


def encode(message: Message) -> bytes:
    """Return the record; raise MalformedMessage when it is larger than MAX_MESSAGE_BYTES, or no JSON."""
    try:
        record = orjson.dumps({"type": type(message).__name__, **_plain(message)})
    except orjson.JSONEncodeError as error:
        raise MalformedMessage(f"{type(message).__name__}: {error}") from error
    if len(record) > MAX_MESSAGE_BYTES:
        raise MalformedMessage(f"{type(message).__name__} is {len(record)} bytes long")
    return record


def _plain(message: object) -> dict[str, object]:
    return {each.name: _plain_value(getattr(message, each.name)) for each in dataclasses.fields(message)}  # type: ignore[arg-type]  # only dataclasses come here


def _plain_value(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return _plain(value) if dataclasses.is_dataclass(value) else value


def decode(record: bytes) -> Message:
    """Return the message; raise MalformedMessage unless it is exactly one of ours."""
    if len(record) > MAX_MESSAGE_BYTES:
        raise MalformedMessage("the record is too large")
    try:
        fields = orjson.loads(record)
        kind = _CLASSES[fields.pop("type")]
        message: Message = _build(kind, fields)
    except (orjson.JSONDecodeError, binascii.Error, AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedMessage(f"not a message: {type(error).__name__}") from error
    return message


@functools.cache
def _types_of(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _build(kind: type, fields: dict[str, Any]) -> Any:
    hints = _types_of(kind)
    if unknown := fields.keys() - hints.keys():
        raise TypeError(f"unknown fields {unknown}")
    return kind(**{name: _value(hints[name], value) for name, value in fields.items()})


def _value(hint: Any, value: Any) -> Any:
    hint = getattr(hint, "__supertype__", hint)
    if hint is uuid.UUID:
        return uuid.UUID(value)
    if hint is bytes:
        return base64.b64decode(value, validate=True)
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast("type", hint), value)
    if isinstance(hint, types.GenericAlias):
        inner = typing.get_args(hint)
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_value(each, part) for each, part in zip(kinds, value, strict=True))
    if issubclass(hint, enum.Enum):
        return hint(value)
    if type(value) is not hint and not (hint is float and type(value) is int):
        raise TypeError(f"{type(value).__name__} where {hint.__name__} is due")
    return value
