"""Messages about one participant whose leg is at another node than its room's home.

home ── Joined Parted Adjust HearsSet MayJoin Dismiss Loop Prompt Beep Play StopPlay Show Dial MoveTo ──> satellite
     <─ Held Act Pressed Measured Played Wrote Moving HearsDone ─
"""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from mixminus.model.menu import MenuAction
from mixminus.model.playback import PlaybackRequest

__all__ = [
    "Act",
    "Adjust",
    "Beep",
    "Dial",
    "Dismiss",
    "HearsCell",
    "HearsDone",
    "HearsSet",
    "Held",
    "Joined",
    "LegQuality",
    "Loop",
    "LoopName",
    "MayJoin",
    "Measured",
    "MoveTo",
    "Moving",
    "Parted",
    "Play",
    "Played",
    "Pressed",
    "Prompt",
    "Show",
    "StopPlay",
    "Wrote",
]

LoopName = Literal["music", "ringback", ""]


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
    """Set these cells, at one tick; ``HearsDone`` is the answer."""

    room: UUID
    cells: tuple[HearsCell, ...]
    number: int = 0


@dataclass(frozen=True, slots=True)
class HearsDone:
    """The cells of all ``HearsSet`` up to this number are set."""

    room: UUID
    number: int


@dataclass(frozen=True, slots=True)
class MayJoin:
    """A seat that waited may ask again to be connected."""

    room: UUID
    seat: UUID


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
class Play:
    """Play a text or files to one participant; ``Played`` says what becomes of it."""

    room: UUID
    seat: UUID
    number: int
    request: PlaybackRequest = field(repr=False)


@dataclass(frozen=True, slots=True)
class StopPlay:
    """Stop what is played under this number."""

    room: UUID
    seat: UUID
    number: int


@dataclass(frozen=True, slots=True)
class Show:
    """Show a text on a participant's phone."""

    room: UUID
    seat: UUID
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dial:
    """Send digits to a participant's phone (RFC 4733)."""

    room: UUID
    seat: UUID
    digits: str = field(repr=False)
    tone_ms: int


@dataclass(frozen=True, slots=True)
class MoveTo:
    """Take a seat in another room for a participant, which leaves this one then; ``Moving`` is the answer."""

    room: UUID
    seat: UUID
    target: UUID
    role: str
    muted: bool


@dataclass(frozen=True, slots=True)
class Moving:
    """The seat that a participant has in another room; nil if there is none."""

    room: UUID
    seat: UUID
    target_seat: UUID


@dataclass(frozen=True, slots=True)
class Played:
    """What is played under this number has begun, or has ended; with an error it has failed."""

    room: UUID
    seat: UUID
    number: int
    ended: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A participant's phone has sent a text."""

    room: UUID
    seat: UUID
    text: str = field(repr=False)
    name: str = field(repr=False)
    """What the phone calls itself."""


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
