"""The rows of a ladder diagram: the parties, each message between two of them, and the audio in between. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from mixminus.hosts import bracketed
from mixminus.trace.entries import AudioStatistics, Entry, SipMessage
from mixminus.trace.wording import agent_of, description_of, kind_of, title_of

__all__ = ["AudioRow", "CallLadder", "MessageRow", "Party", "ladders"]

_OURS = "mixminus"


@dataclass(slots=True)
class Party:
    """One end of messages: the server, or an address of a phone or a proxy."""

    name: str
    address: str
    agent: str = ""
    """The program, as its own messages name it."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    number: int
    """Within the page; the anchor of the message's text."""
    message: SipMessage
    source: int
    """The index of the party."""
    destination: int
    kind: str
    title: str
    description: str
    repeated: bool
    """Whether the same message has passed before: a retransmission."""


@dataclass(slots=True)
class AudioRow:
    """The statistics between two messages."""

    samples: list[AudioStatistics] = field(default_factory=list)


@dataclass(slots=True)
class CallLadder:
    """What one call looks like."""

    call_id: UUID
    parties: list[Party] = field(default_factory=list)
    rows: list[MessageRow | AudioRow] = field(default_factory=list)

    @property
    def messages(self) -> list[MessageRow]:
        return [each for each in self.rows if isinstance(each, MessageRow)]

    @property
    def samples(self) -> list[AudioStatistics]:
        return [sample for each in self.rows if isinstance(each, AudioRow) for sample in each.samples]


def ladders(entries: Sequence[Entry]) -> list[CallLadder]:
    """Return a ladder for each call, in the order in which they were found; entries are sorted by their time."""
    made: dict[UUID, _Builder] = {}
    number = 0
    for entry in sorted(entries, key=lambda each: each.at_us):
        builder = made.setdefault(entry.call_id, _Builder(CallLadder(entry.call_id)))
        if isinstance(entry, SipMessage):
            number += 1
            builder.message(number, entry)
        else:
            builder.statistics(entry)
    return [each.ladder for each in made.values()]


class _Builder:
    def __init__(self, ladder: CallLadder) -> None:
        self.ladder = ladder
        self._seen: set[tuple[bool, bytes]] = set()

    def message(self, number: int, message: SipMessage) -> None:
        ours = (_OURS, "")
        theirs = (message.remote[0], str(message.remote[1]))
        ends = [self._party(each, message) for each in ((ours, theirs) if message.sent else (theirs, ours))]
        if not message.sent and (agent := agent_of(message.data)):
            self.ladder.parties[ends[0]].agent = agent
        row = MessageRow(
            number=number,
            message=message,
            source=ends[0],
            destination=ends[1],
            kind=kind_of(message.data),
            title=title_of(message.data),
            description=description_of(message.data),
            repeated=(message.sent, message.data) in self._seen,
        )
        self._seen.add((message.sent, message.data))
        self.ladder.rows.append(row)

    def statistics(self, sample: AudioStatistics) -> None:
        rows = self.ladder.rows
        last = rows[-1] if rows else None
        if not isinstance(last, AudioRow):
            last = AudioRow()
            rows.append(last)
        last.samples.append(sample)

    def _party(self, key: tuple[str, str], message: SipMessage) -> int:
        """Return the index of a party; parties stand in the order in which they appear."""
        host, port = key
        name = host if host == _OURS else f"{bracketed(host)}:{port}"
        for index, party in enumerate(self.ladder.parties):
            if party.name == name:
                return index
        local_host, local_port = message.local
        address = f"{bracketed(local_host)}:{local_port}" if host == _OURS else message.transport
        self.ladder.parties.append(Party(name, address))
        return len(self.ladder.parties) - 1
