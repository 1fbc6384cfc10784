"""Every message between two nodes that share a room; ``link.py`` sends them, in order.

    satellite ── Attach Detach Offer Admit Connect Leave Held Act Pressed Measured ──> home
              <─ Offer NodeAttached NodeDetached Talker TalkerLeft Seated Refused Answered ─
              <─ Joined Parted Adjust HearsSet MayJoin CompanyCame Dismiss Loop Prompt Beep Closed ─

The home of a room decides; a satellite is a node that has legs in it. Each message names the room. Fields that the
receiver does not know are ignored, and so are messages: nodes one version apart work together.
"""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from mixminus.model.ids import NIL
from mixminus.model.menu import MenuAction

__all__ = [
    "Act",
    "Adjust",
    "Admit",
    "Answered",
    "Attach",
    "Beep",
    "Closed",
    "CompanyCame",
    "Connect",
    "Detach",
    "Dismiss",
    "HearsCell",
    "HearsSet",
    "Held",
    "Joined",
    "Leave",
    "LegQuality",
    "Loop",
    "LoopName",
    "MayJoin",
    "Measured",
    "Message",
    "NodeAttached",
    "NodeDetached",
    "Offer",
    "Parted",
    "Pressed",
    "Prompt",
    "Refused",
    "Seated",
    "Talker",
    "TalkerLeft",
]

LoopName = Literal["music", "ringback", ""]


@dataclass(frozen=True, slots=True)
class Attach:
    """The sender is to have legs in a room; its ``Offer`` to the home follows."""

    room: UUID


@dataclass(frozen=True, slots=True)
class Detach:
    """The sender has no more legs in a room."""

    room: UUID


@dataclass(frozen=True, slots=True)
class Offer:
    """One end of a trunk's link between two nodes of a room; the home passes on those between satellites."""

    room: UUID
    sender: UUID
    receiver: UUID
    host: str
    port: int
    tag: int
    key: str = field(repr=False)
    """Master key and salt, in hexadecimal."""
    pair: int = 0
    """Between two satellites: of its ``NodeAttached``; an offer of an earlier attachment is dropped."""


@dataclass(frozen=True, slots=True)
class NodeAttached:
    """Another satellite of the room, to which a link is to be opened."""

    room: UUID
    node: UUID
    pair: int


@dataclass(frozen=True, slots=True)
class NodeDetached:
    room: UUID
    node: UUID


@dataclass(frozen=True, slots=True)
class Talker:
    """A participant on another node has joined; what it says comes from there under this number."""

    room: UUID
    node: UUID
    number: int
    seat: UUID
    """Nil for audio of a program."""


@dataclass(frozen=True, slots=True)
class TalkerLeft:
    room: UUID
    number: int


@dataclass(frozen=True, slots=True)
class Admit:
    """Ask for a seat for a call."""

    room: UUID
    request: int
    call: UUID
    activeflow: UUID
    leg: UUID
    name: str = field(repr=False)
    transport: Literal["sip", "webrtc", "local"]
    role: str
    muted: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class Seated:
    room: UUID
    request: int
    seat: UUID
    number: int
    """Under which the participant's audio leaves its node."""
    role: str


@dataclass(frozen=True, slots=True)
class Refused:
    """There is no seat; ``unavailable``: not now, for a reason that is not the room's."""

    room: UUID
    request: int
    unavailable: bool


@dataclass(frozen=True, slots=True)
class Connect:
    """Ask that a seat's audio be connected."""

    room: UUID
    request: int
    seat: UUID


@dataclass(frozen=True, slots=True)
class Leave:
    """Release a seat."""

    room: UUID
    request: int
    seat: UUID


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to ``Connect`` and ``Leave``; ``done`` is False while the participant must wait, or cannot be connected."""

    room: UUID
    request: int
    done: bool
    unavailable: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Connect a seat's audio to the room."""

    room: UUID
    seat: UUID


@dataclass(frozen=True, slots=True)
class Parted:
    """Disconnect a seat's audio."""

    room: UUID
    seat: UUID


@dataclass(frozen=True, slots=True)
class Adjust:
    """What is done to a participant, at the node that has its leg."""

    room: UUID
    seat: UUID
    muted: bool = False
    deafened: bool = False
    gain_db: float = 0.0
    levelled: bool = False
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class HearsCell:
    """The gain at which a seat of the receiver hears another seat; None is silence, 0 dB the default."""

    listener: UUID
    speaker: UUID
    gain_db: float | None


@dataclass(frozen=True, slots=True)
class HearsSet:
    """Set these cells, at one tick."""

    room: UUID
    cells: tuple[HearsCell, ...]


@dataclass(frozen=True, slots=True)
class MayJoin:
    """A seat that waited may ask again to be connected."""

    room: UUID
    seat: UUID


@dataclass(frozen=True, slots=True)
class CompanyCame:
    """Two participants have been in the room."""

    room: UUID


@dataclass(frozen=True, slots=True)
class Dismiss:
    """A participant must leave; its call goes on behind the room."""

    room: UUID
    seat: UUID
    refused: bool = False
    room_closed: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """Play music or ringback to one participant, until another name comes."""

    room: UUID
    seat: UUID
    name: LoopName


@dataclass(frozen=True, slots=True)
class Prompt:
    """Play a prompt to one participant."""

    room: UUID
    seat: UUID
    name: str
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Beep:
    """Play so many beeps to one participant."""

    room: UUID
    seat: UUID
    count: int


@dataclass(frozen=True, slots=True)
class Held:
    """A participant's phone has put the call on hold, or has ended it."""

    room: UUID
    seat: UUID
    on: bool


@dataclass(frozen=True, slots=True)
class Act:
    """A participant has pressed a key of the room's menu."""

    room: UUID
    seat: UUID
    action: MenuAction


@dataclass(frozen=True, slots=True)
class Pressed:
    """A participant has pressed keys that the menu leaves."""

    room: UUID
    seat: UUID
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LegQuality:
    """What is measured of a leg's audio (``mixer.PortStatistics``)."""

    seat: UUID
    codec: str = ""
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    round_trip_ms: float | None = None
    mos: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    room: UUID
    legs: tuple[LegQuality, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """The room is closed, or is not here: everybody leaves it."""

    room: UUID = NIL


Message = (
    Attach
    | Detach
    | Offer
    | NodeAttached
    | NodeDetached
    | Talker
    | TalkerLeft
    | Admit
    | Seated
    | Refused
    | Connect
    | Leave
    | Answered
    | Joined
    | Parted
    | Adjust
    | HearsSet
    | MayJoin
    | CompanyCame
    | Dismiss
    | Loop
    | Prompt
    | Beep
    | Held
    | Act
    | Pressed
    | Measured
    | Closed
)
