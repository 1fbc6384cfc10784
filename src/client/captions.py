"""Captions: what is said in a room, as it is recognised, by server-sent events; a lost connection is resumed."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import httpx

from mixminus.client.errors import ConnectionFailed
from mixminus.client.request import Model, checked, parsed

if TYPE_CHECKING:
    from mixminus.client.client import AsyncClient, Client

__all__ = ["Caption", "captions", "captions_async"]

_PAUSE_S: Final = 1.0
_SILENT_S: Final = 60.0
"""The server shows a sign of life every ten seconds."""


class Caption(Model):
    """An utterance, or the text so far of one that goes on; times are in seconds since the transcription began."""

    id: UUID
    """Of the utterance: the same for its texts so far and for its final one."""
    transcribe_id: UUID
    final: bool
    name: str
    """The participant's label; its id if it has none."""
    conferencecall_id: UUID
    call_id: UUID
    start_s: float
    end_s: float
    text: str
    translated: bool = False
    """Whether the text is the translation that was asked for."""


class _Stream:
    """Reads lines into captions, and remembers where it is; the same for both clients."""

    def __init__(
        self, client: "Client | AsyncClient", id: UUID | str, partials: bool, after: int | None, language: str
    ) -> None:
        self._client = client
        self._id = id
        self._partials = partials
        self._language = language
        self._after = "" if after is None else str(after)
        self._event = self._data = ""
        self._attempts = 0
        self.over = False

    def request(self) -> dict[str, Any]:
        """Return the arguments of the request."""
        query = {} if self._partials else {"partials": "false"}
        if self._language:
            query["language"] = self._language
        if self._client.customer_id:
            query["customer_id"] = str(self._client.customer_id)
        resume = {"Last-Event-ID": self._after} if self._after else {}
        return {
            "method": "GET",
            "url": f"/v1.0/conferences/{self._id}/captions",
            "params": query,
            "headers": {**self._client.headers(), **resume},
            "timeout": _SILENT_S,
        }

    def take(self, line: str) -> Caption | None:
        """Take a line (WHATWG HTML section 9.2.6); return the caption that it completes."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "id":
                self._after = value
            case "event":
                self._event = value
            case "data":
                self._data = value
        if line or not self._event:
            return None
        event, data, self._event, self._data = self._event, self._data, "", ""
        self._attempts = 0
        self.over |= event == "end"
        return parsed(Caption, json.loads(data)) if event == "caption" else None

    def lost(self, error: Exception) -> float:
        """Return the pause before the next attempt; raise ConnectionFailed after the last one."""
        if self._attempts >= self._client.retries.attempts:
            raise ConnectionFailed(f"{self._client.url} does not answer: {error}") from error
        self._attempts += 1
        return _PAUSE_S * self._attempts


def captions(
    client: "Client", id: UUID | str, partials: bool, after: int | None, language: str
) -> Iterator[Caption]:
    """Yield the captions of a room; see ``Client.captions``."""
    stream = _Stream(client, id, partials, after, language)
    while not stream.over:
        try:
            with client.http.stream(**stream.request()) as answer:
                if answer.is_error:
                    checked(answer.status_code, answer.read())
                for line in answer.iter_lines():
                    if caption := stream.take(line):
                        yield caption
        except httpx.TransportError as error:
            time.sleep(stream.lost(error))
        else:
            time.sleep(0 if stream.over else _PAUSE_S)  # the server stops, or restarts


async def captions_async(
    client: "AsyncClient", id: UUID | str, partials: bool, after: int | None, language: str
) -> AsyncIterator[Caption]:
    """Yield the captions of a room; see ``AsyncClient.captions``."""
    stream = _Stream(client, id, partials, after, language)
    while not stream.over:
        try:
            async with client.http.stream(**stream.request()) as answer:
                if answer.is_error:
                    checked(answer.status_code, await answer.aread())
                async for line in answer.aiter_lines():
                    if caption := stream.take(line):
                        yield caption
        except httpx.TransportError as error:
            await asyncio.sleep(stream.lost(error))
        else:
            await asyncio.sleep(0 if stream.over else _PAUSE_S)
