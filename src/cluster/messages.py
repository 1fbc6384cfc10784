"""Every message between two nodes that share a room; ``link.py`` sends them, in order.

    satellite ── Attach Detach Offer Admit Connect Leave Held Act Pressed Measured ──> home
              <─ Offer NodeAttached NodeDetached Talker TalkerLeft Seated Refused Answered Resumed Rules Menu ─
              <─ Joined Parted Adjust HearsSet MayJoin CompanyCame Dismiss Loop Prompt Beep Closed ─

The home of a room decides; a satellite is a node that has legs in it. Each message names the room. Fields that the
receiver does not know are ignored, and so are messages: nodes one version apart work together. Those about one leg
are in ``leg_messages.py``.
"""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from mixminus.cluster.leg_messages import (
    Act,
    Adjust,
    Beep,
    Dial,
    Dismiss,
    HearsCell,
    HearsDone,
    HearsSet,
    Held,
    Joined,
    Loop,
    MayJoin,
    Measured,
    MoveTo,
    Moving,
    Parted,
    Play,
    Played,
    Pressed,
    Prompt,
    Show,
    StopPlay,
    Wrote,
)
from mixminus.model.hears import Hears
from mixminus.model.ids import NIL
from mixminus.model.menu import MenuAction

__all__ = [
    "Admit",
    "Answered",
    "Attach",
    "Closed",
    "CompanyCame",
    "Connect",
    "Detach",
    "HeldSeat",
    "Leave",
    "Menu",
    "Message",
    "NodeAttached",
    "NodeDetached",
    "Offer",
    "Refused",
    "Resumed",
    "Rules",
    "Seated",
    "Talker",
    "TalkerLeft",
]


@dataclass(frozen=True, slots=True)
class HeldSeat:
    """A seat that a survivor has when the home of its room is dead."""

    seat: UUID
    number: int
    """Under which its audio leaves the survivor."""
    leg: UUID
    name: str = field(repr=False)
    transport: Literal["sip", "webrtc", "local"]
    joined: bool
    on_hold: bool


@dataclass(frozen=True, slots=True)
class Attach:
    """The sender is to have legs in a room; its ``Offer`` to the home follows.

    To the next home of a room whose home is dead, the sender says what it has there: in several messages, all but the
    last with ``more``. It sends no ``Offer`` then, before ``Resumed``.
    """

    room: UUID
    survives: bool = False
    seats: tuple[HeldSeat, ...] = ()
    more: bool = False
    connected: tuple[UUID, ...] = ()
    """The nodes to which its links are connected."""
    highest: int = -1
    """Of the numbers that it has seen in the room."""
    cells: tuple[HearsCell, ...] = ()
    """Of its listeners, as they are set."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The receiver's seats are at home here now; its ghosts of other talkers end."""

    room: UUID
    talkers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Menu:
    """What keys do in the room now."""

    room: UUID
    actions: dict[str, MenuAction]


@dataclass(frozen=True, slots=True)
class Rules:
    """Who hears whom in the room, for whichever node is its home next."""

    room: UUID
    hears: Hears


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
class CompanyCame:
    """Two participants have been in the room."""

    room: UUID


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
    | Resumed
    | Rules
    | Menu
    | Joined
    | Parted
    | Adjust
    | HearsSet
    | HearsDone
    | MayJoin
    | CompanyCame
    | Dismiss
    | Loop
    | Prompt
    | Beep
    | Play
    | StopPlay
    | Show
    | Dial
    | MoveTo
    | Moving
    | Played
    | Wrote
    | Held
    | Act
    | Pressed
    | Measured
    | Closed
)
