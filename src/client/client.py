"""Client and AsyncClient: every operation of the API, WebSockets as iterators, and recordings as files."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

from mixminus.client.captions import Caption, captions, captions_async
from mixminus.client.download import save, save_async
from mixminus.client.events import follow, follow_async
from mixminus.client.generated import reasons
from mixminus.client.generated.async_operations import AsyncOperations
from mixminus.client.generated.models import Event
from mixminus.client.generated.operations import Operations
from mixminus.client.media import AsyncMediaStream, MediaStream, open_stream, open_stream_async
from mixminus.client.meters import Meters, watch, watch_async
from mixminus.client.request import UNSET, Request, Unset, decoded

__all__ = ["AsyncClient", "Client"]

SampleRate = Literal[8000, 16000, 24000, 48000]
Progress = Callable[[int, int], None]
"""Receives the bytes written so far, and their total; 0 if it is not known."""

_: Any = reasons  # registers the classes of errors
_BEYOND: Final = Request("GET", "/v1.0/events", {"after": 10**18 - 1})


class Client(Operations):
    """A client that blocks; usable as a context manager. Arguments: see ``Configured``."""

    def events(self, topics: Sequence[str] | None = None, *, after: int | None = None) -> Iterator[Event]:
        """Yield events as they come, for ever; a lost connection is opened again, and nothing is left out.

        ``topics`` are those of the WebSocket (api.md section 12), by default all of the customer; ``after`` is the
        id of the last event seen, by default the newest. Raises ConnectionFailed when the server stays away.
        """
        return follow(self, topics, after)

    def newest_event(self) -> int:
        """Return the id of the newest event: ``after`` for what comes from now on."""
        answer = self._send(_BEYOND)
        return int(decoded(answer.status_code, answer.content)["next_after"])

    def save_recording(
        self, id: UUID | str, path: Path, *, track: str = "", progress: Progress | None = None
    ) -> None:
        """Write a recording to a file, piece by piece; an existing file is replaced when all has arrived."""
        save(self, id, path, track, progress)

    def stream_conference(
        self,
        id: UUID | str,
        *,
        sample_rate: SampleRate | Unset = UNSET,
        listen: Literal["mix", "participant", "mix_minus"] | Unset = UNSET,
        conferencecall_id: UUID | str | Unset = UNSET,
    ) -> AbstractContextManager[MediaStream]:
        """Open the audio of a room: all participants hear what is sent, and all of them are heard, or, as ``listen``
        says, the ``participant`` with this ``conferencecall_id`` alone, or all but that one. ``sample_rate`` is in Hz.

        Raises the ApiError of a refusal, and ConnectionFailed.
        """
        path = f"/v1.0/conferences/{id}/media_stream"
        return open_stream(
            self, path, sample_rate=sample_rate, listen=listen, conferencecall_id=conferencecall_id
        )

    def stream_call(
        self,
        id: UUID | str,
        *,
        sample_rate: SampleRate | Unset = UNSET,
        listen: Literal["in", "out", "both"] | Unset = UNSET,
    ) -> AbstractContextManager[MediaStream]:
        """Open the audio of a call: what it says is heard, or, as ``listen`` says, what it hears, or both; only the call
        hears what is sent. ``sample_rate`` is in Hz.

        Raises the ApiError of a refusal, and ConnectionFailed.
        """
        return open_stream(self, f"/v1.0/calls/{id}/media_stream", sample_rate=sample_rate, listen=listen)

    def watch_meters(self, id: UUID | str) -> Iterator[Meters]:
        """Yield what changes in a room, five times a second at most, until the room closes: participants, levels in
        dBov, and the quality of their lines. The first has all participants.

        Raises the ApiError of a refusal, and ConnectionFailed.
        """
        return watch(self, id)

    def captions(
        self, id: UUID | str, *, partials: bool = True, after: int | None = None, language: str = ""
    ) -> Iterator[Caption]:
        """Yield what is said in a room that is transcribed, until it has ended; a lost connection is resumed.

        With ``partials`` also the texts so far of utterances that go on; ``after`` is the id of an event, and begins
        behind it. ``language`` (BCP 47) chooses translations, where there are any. Raises the ApiError of a refusal, and ConnectionFailed when the server stays away.
        """
        return captions(self, id, partials, after, language)


class AsyncClient(AsyncOperations):
    """A client for asyncio; usable as an async context manager. Arguments: see ``Configured``."""

    def events(
        self, topics: Sequence[str] | None = None, *, after: int | None = None
    ) -> AsyncIterator[Event]:
        """Yield events as they come, for ever: see ``Client.events``."""
        return follow_async(self, topics, after)

    async def newest_event(self) -> int:
        """Return the id of the newest event: ``after`` for what comes from now on."""
        answer = await self._send(_BEYOND)
        return int(decoded(answer.status_code, answer.content)["next_after"])

    async def save_recording(
        self, id: UUID | str, path: Path, *, track: str = "", progress: Progress | None = None
    ) -> None:
        """Write a recording to a file, piece by piece; an existing file is replaced when all has arrived."""
        await save_async(self, id, path, track, progress)

    def stream_conference(
        self,
        id: UUID | str,
        *,
        sample_rate: SampleRate | Unset = UNSET,
        listen: Literal["mix", "participant", "mix_minus"] | Unset = UNSET,
        conferencecall_id: UUID | str | Unset = UNSET,
    ) -> AbstractAsyncContextManager[AsyncMediaStream]:
        """Open the audio of a room: see ``Client.stream_conference``."""
        path = f"/v1.0/conferences/{id}/media_stream"
        return open_stream_async(
            self, path, sample_rate=sample_rate, listen=listen, conferencecall_id=conferencecall_id
        )

    def stream_call(
        self,
        id: UUID | str,
        *,
        sample_rate: SampleRate | Unset = UNSET,
        listen: Literal["in", "out", "both"] | Unset = UNSET,
    ) -> AbstractAsyncContextManager[AsyncMediaStream]:
        """Open the audio of a call: see ``Client.stream_call``."""
        return open_stream_async(
            self, f"/v1.0/calls/{id}/media_stream", sample_rate=sample_rate, listen=listen
        )

    def watch_meters(self, id: UUID | str) -> AsyncIterator[Meters]:
        """Yield what changes in a room: see ``Client.watch_meters``."""
        return watch_async(self, id)

    def captions(
        self, id: UUID | str, *, partials: bool = True, after: int | None = None, language: str = ""
    ) -> AsyncIterator[Caption]:
        """Yield what is said in a room that is transcribed: see ``Client.captions``."""
        return captions_async(self, id, partials, after, language)
