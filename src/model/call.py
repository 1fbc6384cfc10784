"""Calls and groupcalls (api.md sections 5.1 and 5.2)."""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from mixminus.errors import InvalidArgument
from mixminus.model.ids import NIL, CallId, CustomerId, new_id
from mixminus.model.party import party_key

__all__ = [
    "ANONYMOUS_CALLER",
    "CALL_TRANSITIONS",
    "GROUPCALL_TRANSITIONS",
    "Address",
    "Answered",
    "AnsweredBy",
    "Call",
    "CallEvent",
    "CallStatus",
    "Diversion",
    "Groupcall",
    "GroupcallEvent",
    "GroupcallStatus",
    "HangupBy",
    "HangupReason",
    "MediaQuality",
    "MuteDirection",
    "RingMethod",
]


class CallStatus(enum.StrEnum):
    DIALING = enum.auto()
    RINGING = enum.auto()
    PROGRESSING = enum.auto()
    TERMINATING = enum.auto()
    CANCELING = enum.auto()
    HANGUP = enum.auto()


class CallEvent(enum.StrEnum):
    RANG = enum.auto()
    ANSWERED = enum.auto()
    HANG_UP = enum.auto()
    CANCEL = enum.auto()
    ENDED = enum.auto()


CALL_TRANSITIONS: Final[dict[CallStatus, dict[CallEvent, CallStatus]]] = {
    CallStatus.DIALING: {
        CallEvent.RANG: CallStatus.RINGING,
        CallEvent.ANSWERED: CallStatus.PROGRESSING,
        CallEvent.HANG_UP: CallStatus.TERMINATING,
        CallEvent.CANCEL: CallStatus.CANCELING,
        CallEvent.ENDED: CallStatus.HANGUP,
    },
    CallStatus.RINGING: {
        CallEvent.ANSWERED: CallStatus.PROGRESSING,
        CallEvent.HANG_UP: CallStatus.TERMINATING,
        CallEvent.CANCEL: CallStatus.CANCELING,
        CallEvent.ENDED: CallStatus.HANGUP,
    },
    CallStatus.PROGRESSING: {
        CallEvent.HANG_UP: CallStatus.TERMINATING,
        CallEvent.ENDED: CallStatus.HANGUP,
    },
    CallStatus.TERMINATING: {CallEvent.ENDED: CallStatus.HANGUP},
    CallStatus.CANCELING: {CallEvent.ENDED: CallStatus.HANGUP},
    CallStatus.HANGUP: {},
}


class HangupBy(enum.StrEnum):
    NONE = ""
    REMOTE = "remote"
    LOCAL = "local"


class HangupReason(enum.StrEnum):
    NONE = ""
    NORMAL = "normal"
    FAILED = "failed"
    BUSY = "busy"
    CANCEL = "cancel"
    TIMEOUT = "timeout"
    NOANSWER = "noanswer"
    DIALOUT = "dialout"
    AMD = "amd"


class AnsweredBy(enum.StrEnum):
    """Who has answered a call, as answering machine detection has heard it."""

    NONE = ""
    """It was not detected."""
    HUMAN = enum.auto()
    MACHINE = enum.auto()
    BEEP = enum.auto()
    """A machine, which has beeped."""
    UNKNOWN = enum.auto()


@dataclass(frozen=True, slots=True)
class Answered:
    """What was detected; times count from the beginning of the detection."""

    by: AnsweredBy
    at_ms: int
    greeting_ms: int
    """From the first voice to the last one so far."""


class GroupcallStatus(enum.StrEnum):
    PROGRESSING = enum.auto()
    HANGINGUP = enum.auto()
    HANGUP = enum.auto()


class GroupcallEvent(enum.StrEnum):
    HANG_UP = enum.auto()
    ENDED = enum.auto()


GROUPCALL_TRANSITIONS: Final[dict[GroupcallStatus, dict[GroupcallEvent, GroupcallStatus]]] = {
    GroupcallStatus.PROGRESSING: {
        GroupcallEvent.HANG_UP: GroupcallStatus.HANGINGUP,
        GroupcallEvent.ENDED: GroupcallStatus.HANGUP,
    },
    GroupcallStatus.HANGINGUP: {GroupcallEvent.ENDED: GroupcallStatus.HANGUP},
    GroupcallStatus.HANGUP: {},
}


@dataclass(frozen=True, slots=True)
class Address:
    """The source or the destination of a call (api.md section 5.1)."""

    type: Literal["", "tel", "sip", "extension", "agent", "conference"]
    target: str
    target_name: str = ""
    name: str = ""
    detail: str = ""


ANONYMOUS_CALLER: Final = Address("sip", "anonymous", "Anonymous")


@dataclass(frozen=True, slots=True)
class Diversion:
    """A party that an incoming call was meant for before it was diverted (RFC 5806, RFC 7044)."""

    target: str
    """A number, or ``user@host``; ``anonymous`` where it must not be shown."""
    name: str = ""
    reason: str = ""
    """``no-answer``, ``user-busy``, ``unconditional``, ... of RFC 5806; empty if unknown."""


@dataclass(frozen=True, slots=True)
class MediaQuality:
    """What the engine has measured of a leg's audio, at its end."""

    codec: str
    """Empty if no audio was agreed on."""
    packets_received: int
    packets_lost: int
    """Never arrived, or too late to be heard."""
    packets_sent: int
    loss: float
    """Fraction of the far end's packets that were lost, 0 to 1."""
    remote_loss: float
    """Fraction of our packets that were lost, by the far end's last report."""
    jitter_ms: float
    round_trip_ms: float | None
    """None without a report of the far end."""
    mos: float | None
    """Estimated quality of the far end's audio, 1.0 to 4.5; None without audio."""


class MuteDirection(enum.Flag):
    """Two bits, seen from the bridge: IN is not heard, OUT does not hear (api.md section 5.3)."""

    NONE = 0
    IN = 1
    OUT = 2
    BOTH = 3

    @classmethod
    def parse(cls, word: str) -> "MuteDirection":
        """Parse the API's word; an absent one means both."""
        try:
            return {"": cls.BOTH, "both": cls.BOTH, "in": cls.IN, "out": cls.OUT}[word]
        except KeyError:
            raise InvalidArgument(f"direction is not both, in or out: {word!r}") from None

    @property
    def word(self) -> str:
        return {0: "", 1: "in", 2: "out", 3: "both"}[self.value]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a phone or a browser; times are None until they happen."""

    id: CallId
    customer_id: CustomerId
    source: Address
    destination: Address
    direction: Literal["incoming", "outgoing"]
    status: CallStatus
    tm_create: datetime
    flow_id: UUID = NIL
    activeflow_id: UUID = field(default_factory=new_id)
    """Every call has an activeflow, from its creation on."""
    action: dict[str, Any] = field(default_factory=dict)
    """The current action of the call's flow, as the API shows it."""
    mute: MuteDirection = MuteDirection.NONE
    groupcall_id: UUID = NIL
    """The groupcall that it belongs to."""
    master_call_id: UUID = NIL
    """The call whose flow created it, if the two are chained."""
    chained_call_ids: tuple[UUID, ...] = ()
    """Calls that are hung up when this one ends."""
    headers: dict[str, str] = field(default_factory=dict)
    """Own headers of the INVITE: of an incoming call by their name in lower case."""
    diversions: tuple[Diversion, ...] = ()
    """Of an incoming call: where it was diverted from, the last diversion first."""
    hangup_by: HangupBy = HangupBy.NONE
    hangup_reason: HangupReason = HangupReason.NONE
    answered_by: AnsweredBy = AnsweredBy.NONE
    answered_by_ms: int = 0
    """When that was known, from the beginning of the detection."""
    greeting_ms: int = 0
    """How long the greeting was by then."""
    recording_id: UUID = NIL
    """The active recording; derived from the recordings."""
    recording_ids: tuple[UUID, ...] = ()
    tm_ringing: datetime | None = None
    tm_progressing: datetime | None = None
    tm_hangup: datetime | None = None
    tm_update: datetime | None = None
    tm_delete: datetime | None = None

    @property
    def party(self) -> str:
        """The other party, who has called or was called, in the form of ``party_key``."""
        return party_key((self.source if self.direction == "incoming" else self.destination).target)


RingMethod = Literal["ring_all", "linear"]
"""All destinations ring together, or one after the other."""


@dataclass(frozen=True, slots=True)
class Groupcall:
    """Calls of which one is answered; it ends when all of them have ended."""

    id: UUID
    customer_id: CustomerId
    status: GroupcallStatus
    source: Address
    destinations: tuple[Address, ...]
    tm_create: datetime
    flow_id: UUID = NIL
    master_call_id: UUID = NIL
    answer_call_id: UUID = NIL
    """The call that was answered."""
    call_ids: tuple[CallId, ...] = ()
    """In the order in which they were dialled."""
    ring_method: RingMethod = "ring_all"
    tm_update: datetime | None = None
    tm_delete: datetime | None = None
