"""FlowServices: what actions use; services above this package are described by protocols."""

import enum
from collections import Counter
from collections.abc import Coroutine
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from mixminus.call.dialout import DialoutService
from mixminus.call.early_media import EarlyMediaService
from mixminus.call.live import LiveCall
from mixminus.call.outbound import Flows
from mixminus.clock import Clock
from mixminus.conference.keypad import KeyFilter
from mixminus.conference.participants import Entry
from mixminus.conference.room import Seat
from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.mixer import BridgePort
from mixminus.model.conference import Role, RoomSettings
from mixminus.model.ids import CallId, ConferenceId, CustomerId, MediaStreamId
from mixminus.model.media_stream import AgentStream, StreamRequest
from mixminus.model.recording import RecordingOptions
from mixminus.model.transcription import TranscribeOptions
from mixminus.sound.service import SoundService
from mixminus.store.database import Store
from mixminus.tasks import TaskScope

__all__ = [
    "MAX_BACKGROUND_TASKS",
    "AgentStreams",
    "BackgroundTasks",
    "CallRecorder",
    "CallTranscriber",
    "ExternalMedia",
    "FlowServices",
    "Fork",
    "Keys",
    "Listen",
    "Participants",
    "Speak",
    "Web",
    "WebAnswer",
    "WebRequest",
]

MAX_BACKGROUND_TASKS: Final = 200
"""At a time, of all flows together."""
log = get("flow")


@dataclass(frozen=True, slots=True)
class WebRequest:
    """An HTTP request with a body."""

    method: str
    uri: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """The answer to a request; the body is cut at the client's limit."""

    status: int
    body: bytes


class Participants(Protocol):
    """Seats in rooms: ``conference.participants``, and on a node that shares rooms with others ``satellite.seating``."""

    def role_of(self, conference_id: ConferenceId, settings: RoomSettings, pin: str, source: str) -> Role:
        """Return the role that a pin gives; raise PinInvalid."""
        ...

    async def settings(self, customer_id: CustomerId, conference_id: ConferenceId) -> RoomSettings:
        """Return the settings of a customer's room; raise ConferenceNotFound."""
        ...

    async def admit(
        self,
        conference_id: ConferenceId,
        call_id: CallId,
        port: BridgePort,
        role: Role,
        activeflow_id: UUID,
        entry: Entry,
    ) -> Seat | None:
        """Return a seat; None if the conference does not admit the call."""
        ...

    async def connect(self, seat: Seat) -> bool:
        """Connect the participant's audio; False if it was removed before, or must wait in the lobby."""
        ...

    async def leave(self, seat: Seat) -> None:
        """Release the seat."""
        ...


class Keys(Protocol):
    """The keys of rooms' menus: ``conference.keypad``, and on a node ``satellite.seating``."""

    def listening(self, seat: Seat) -> AbstractContextManager[KeyFilter]:
        """Return the filter for the keys of a participant that is in the room."""
        ...


class Web(Protocol):
    """HTTP client with limits of time, size and destination: ``delivery.outgoing.WebClient``."""

    async def ask(self, request: WebRequest) -> WebAnswer:
        """Return the answer; Unavailable if there is none, InvalidArgument if the request is not allowed."""
        ...


class CallRecorder(Protocol):
    """Records calls, in rooms and outside of them: ``recording.service``."""

    async def start_call(self, live: LiveCall, options: RecordingOptions) -> None:
        """Start a recording; RecordingAlreadyActive if one is running."""
        ...

    async def stop(self, reference_id: UUID) -> None:
        """Stop the running recording; RecordingNotActive if there is none."""
        ...


class CallTranscriber(Protocol):
    """Transcribes calls and their recordings: ``speech.recognition``."""

    async def begin_call(
        self, customer_id: CustomerId, call_id: CallId, options: TranscribeOptions
    ) -> object:
        """Start to transcribe a call; raises MixMinusError if that is not possible."""
        ...

    async def end_call(self, call_id: CallId) -> None:
        """Stop the transcription of a call, if there is one."""
        ...

    async def begin_recordings(
        self, customer_id: CustomerId, call_id: CallId, options: TranscribeOptions
    ) -> None:
        """Transcribe the recordings of a call that have ended."""
        ...


class Listen(enum.StrEnum):
    """What is sent to a program: what the caller says (IN), what it hears (OUT), both mixed, or nothing."""

    BOTH = enum.auto()
    IN = enum.auto()
    OUT = enum.auto()
    NONE = enum.auto()


class Speak(enum.StrEnum):
    """Whether the caller hears what a program sends back; BOTH is treated as OUT."""

    BOTH = enum.auto()
    OUT = enum.auto()
    NONE = enum.auto()


@dataclass(frozen=True, slots=True)
class Fork:
    """Where a call's audio is sent, and in which directions; RTP over UDP, mu-law."""

    host: str
    """A name or an address; empty if the action has none."""
    port: int
    listen: Listen = Listen.BOTH
    speak: Speak = Speak.BOTH


class ExternalMedia(Protocol):
    """Carries calls' audio to programs and back: ``streams.external.ExternalMediaService``."""

    async def start(self, call: LiveCall, fork: Fork) -> None:
        """Start a fork that lasts until the call ends; raises MixMinusError if that is not possible."""
        ...

    def stop(self, call_id: CallId) -> None:
        """Stop every fork of a call; no error if there is none."""
        ...


class AgentStreams(Protocol):
    """Connects calls to programs by WebSocket: ``streams.agents.AgentStreamService``."""

    def start_live(self, live: LiveCall, request: StreamRequest) -> AgentStream:
        """Begin to connect a call; raises MixMinusError if that is not possible."""
        ...

    async def ended(self, stream_id: MediaStreamId) -> None:
        """Wait until a stream has ended."""
        ...

    def stop_call(self, call_id: CallId) -> None:
        """End every stream of a call; no error if there is none."""
        ...


class BackgroundTasks:
    """Runs what an action starts and does not wait for; tasks above the limit are dropped and counted."""

    def __init__(self) -> None:
        self._scope = TaskScope(task_failed("flow"))
        self._counters: Counter[str] = Counter({"flow.errands_dropped": 0, "flow.errands_failed": 0})

    @property
    def counters(self) -> dict[str, int]:
        return dict(self._counters)

    def run(self, name: str, coro: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine as a task, or drop it if there are too many."""
        if len(self._scope) >= MAX_BACKGROUND_TASKS:
            coro.close()
            self._counters["flow.errands_dropped"] += 1
            return
        self._scope.spawn(name, self._run(coro))

    async def close(self) -> None:
        """Cancel all tasks; closing twice is harmless."""
        await self._scope.close()

    async def _run(self, coro: Coroutine[Any, Any, None]) -> None:
        try:
            await coro
        except MixMinusError as error:
            self._counters["flow.errands_failed"] += 1
            log.warning("background task failed", reason=error.reason)


@dataclass(frozen=True, slots=True)
class FlowServices:
    """The services that actions use, built by the composition root."""

    store: Store
    participants: Participants
    transcriber: CallTranscriber
    clock: Clock
    recorder: CallRecorder
    dialout: DialoutService
    early_media: EarlyMediaService
    flows: Flows
    web: Web
    background: BackgroundTasks
    external: ExternalMedia
    agent_streams: AgentStreams
    sounds: SoundService
    keypad: Keys
