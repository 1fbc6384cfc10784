"""Captions: what is said in a room while it is transcribed, for viewers, as it is recognised (api.md section 8.1).

A caption is an event of the room: ``transcribe_speech_interim`` with the text so far of an utterance, and
``transcript_created`` with the final text. A viewer gets them through a bounded queue. When the queue is full, texts so
far are dropped; a final text is not: the viewer is behind from then on, and reads from the outbox what it has missed. A
viewer that resumes begins behind.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from mixminus.delivery.feed import Backlog, Feed
from mixminus.errors import Exhausted
from mixminus.model.ids import NIL, ConferenceId, CustomerId
from mixminus.model.transcription import translation_in
from mixminus.store.outbox import Event

__all__ = ["MAX_VIEWERS", "Caption", "CaptionFeed", "CaptionHub", "TooManyCaptionViewers"]

MAX_VIEWERS: Final = 200
"""Of one server."""
_QUEUED: Final = 64
_BATCH: Final = 100
_FINAL: Final = "transcript_created"
_PARTIAL: Final = "transcribe_speech_interim"
_ENDS: Final = frozenset({"transcribe_done", "conference_deleted"})
"""After these the captions of a room may be complete."""


class TooManyCaptionViewers(Exhausted):
    """Too many viewers watch captions."""

    reason = "TOO_MANY_VIEWERS"


@dataclass(frozen=True, slots=True)
class Caption:
    """An utterance, or the text so far of one that goes on; times are in seconds since the transcription began."""

    event_id: int
    id: str
    """Of the utterance: the same for its texts so far and its final one, which is the transcript's."""
    transcribe_id: str
    final: bool
    name: str
    """The label of the participant; its id, or that of its call, if it has none; ``out`` for the room's own sounds."""
    conferencecall_id: str
    call_id: str
    start_s: float
    end_s: float
    """Of a text so far: when it was recognised."""
    text: str
    translated: bool = False
    translations: Mapping[str, str] = field(default_factory=dict)
    """By BCP 47 tag."""

    def in_language(self, language: str) -> "Caption":
        """Return the caption with the translation as its text; itself if it has none into the language."""
        text = translation_in(self.translations, language) if language else ""
        return replace(self, text=text, translated=True) if text else self


def caption_of(event: Event) -> Caption | None:
    """Return the caption that an event is; None for any other event."""
    data = event.data
    if event.type not in (_FINAL, _PARTIAL) or not data.get("message"):
        return None
    return Caption(
        event_id=event.id,
        id=data["id"],
        transcribe_id=data["transcribe_id"],
        final=event.type == _FINAL,
        name=_name(data),
        conferencecall_id=data["conferencecall_id"],
        call_id=data["call_id"],
        start_s=data["start_s"],
        end_s=data["end_s"],
        text=data["message"],
        translations=data.get("translations", {}),
    )


def _name(data: dict[str, Any]) -> str:
    known = next((data[key] for key in ("conferencecall_id", "call_id") if data[key] != str(NIL)), "")
    return str(data["label"] or known or data["direction"])


class CaptionFeed:
    """One viewer of one room."""

    def __init__(
        self,
        customer_id: CustomerId,
        conference_id: ConferenceId,
        *,
        after: int | None,
        partials: bool,
        backlog: Backlog,
        counters: Counter[str],
    ) -> None:
        """``after`` is the id of the last event that the viewer has; None begins with the next one."""
        self.customer_id = customer_id
        self.conference_id = conference_id
        self._partials = partials
        self._backlog = backlog
        self._counters = counters
        self._behind = None if after is None else min(after, backlog.end)
        self._last_id = backlog.end if self._behind is None else self._behind
        self._queue: asyncio.Queue[Caption | None] = asyncio.Queue(_QUEUED)

    @property
    def behind(self) -> bool:
        """Whether captions wait in the outbox."""
        return self._behind is not None

    def offer(self, event: Event) -> None:
        """Queue a live event; a viewer that is behind reads it from the outbox."""
        caption = caption_of(event)
        ends = event.type in _ENDS
        if self._behind is not None or not (ends or (caption and self._wants(caption))):
            return
        if not self._queue.full():
            self._last_id = event.id
            self._queue.put_nowait(caption)
        elif caption and not caption.final:
            self._counters["captions.partials_dropped"] += 1
        else:
            self._counters["captions.fell_behind"] += 1
            self._behind = self._last_id

    def wake(self) -> None:
        """Let ``next`` return."""
        if not self._queue.full():
            self._queue.put_nowait(None)

    async def next(self) -> Sequence[Caption]:
        """Wait for captions; an empty answer says that the captions of the room may be complete."""
        if self._queue.empty() and self._behind is not None:
            part = await self._backlog.read(self.customer_id, self._behind, _BATCH, self.conference_id)
            # No await from here on: an event that comes now is queued, one that came before was read.
            self._behind = None if part.until == self._backlog.end else part.until
            self._last_id = part.until
            found = [caption_of(event) for event in part.events]
            return [caption for caption in found if caption and self._wants(caption)]
        caption = await self._queue.get()
        return [caption] if caption else []

    def _wants(self, caption: Caption) -> bool:
        return caption.final or self._partials


class CaptionHub:
    """The viewers, by room."""

    def __init__(self, feed: Feed, backlog: Backlog, counters: Counter[str]) -> None:
        self._backlog = backlog
        self._counters = counters
        self._feeds: defaultdict[UUID, set[CaptionFeed]] = defaultdict(set)
        self.stopped = False
        """Whether the server stops."""
        feed.subscribe(self._on_event)

    async def open(
        self, customer_id: CustomerId, conference_id: ConferenceId, *, after: int | None, partials: bool
    ) -> CaptionFeed:
        """Open a feed of a room, which is the customer's; the caller closes it. Raises TooManyCaptionViewers."""
        if sum(map(len, self._feeds.values())) >= MAX_VIEWERS:
            raise TooManyCaptionViewers(f"{MAX_VIEWERS} viewers watch captions, the maximum")
        if after is not None:
            # Its last event may have been committed a moment ago.
            await self._backlog.catch_up()
        opened = CaptionFeed(
            customer_id,
            conference_id,
            after=after,
            partials=partials,
            backlog=self._backlog,
            counters=self._counters,
        )
        self._feeds[conference_id].add(opened)
        self._counters["captions.opened"] += 1
        return opened

    def close(self, feed: CaptionFeed) -> None:
        """Close a feed; closing twice is harmless."""
        feeds = self._feeds.get(feed.conference_id, set())
        feeds.discard(feed)
        if not feeds:
            self._feeds.pop(feed.conference_id, None)

    def stop(self) -> None:
        """End all feeds, because the server stops."""
        self.stopped = True
        for feeds in self._feeds.values():
            for feed in feeds:
                feed.wake()

    def _on_event(self, event: Event) -> None:
        for feed in self._feeds.get(event.stream_id, ()):
            if feed.customer_id == event.customer_id:
                feed.offer(event)
