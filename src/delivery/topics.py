"""Topics and frames: what WebSocket clients subscribe to, and what they receive (api.md section 12).

    <scope>:<scope id>[:<resource>[:<resource id>]]     scope: customer_id, agent_id

A subscription is a prefix of the topics it matches: ``...:conference`` also matches
conferencecalls, ``...:conference:`` does not. ``...:call:*`` means ``...:call:``.

    <scope>:<scope id>:<resource>:<event type>          the bare resource, without the envelope

The last form is the one that VoIPBIN documents for a single type of event; all others have the envelope.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson

from mixminus.errors import InvalidArgument
from mixminus.model.ids import NIL, CustomerId
from mixminus.store.outbox import Event
from mixminus.wire.event import EventView, body_of

__all__ = ["Audience", "BadTopic", "Frame", "Subscriptions", "prefix_of", "topics_of"]

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_MIN_PARTS: Final = 2
_BARE_PARTS: Final = 4


class BadTopic(InvalidArgument):
    """A topic is malformed, or its scope is not the client's."""


@dataclass(frozen=True, slots=True)
class Audience:
    """What a client may subscribe to."""

    customer_id: CustomerId
    agent_id: UUID | None = None
    whole_customer: bool = True
    """Whether it may receive all events of the customer, or only those of what the agent owns."""


def prefix_of(topic: str, audience: Audience) -> str:
    """Return the prefix of the topics that a subscription matches; BadTopic if the client may not have them."""
    parts = topic.split(":")
    if len(parts) < _MIN_PARTS or not _UUID.fullmatch(parts[1]):
        raise BadTopic("a topic is <scope>:<scope id>[:<resource>[:<resource id>]]")
    customer_id = audience.customer_id if audience.whole_customer else None
    own = {"customer_id": customer_id, "agent_id": audience.agent_id}.get(parts[0])
    if own is None or UUID(parts[1]) != own:
        raise BadTopic("the topic's scope is not yours")
    parts[1] = str(own)
    if parts[-1] == "*":
        parts[-1] = ""
    return ":".join(parts)


def topics_of(event: Event) -> tuple[str, ...]:
    """Return every topic of an event: by resource, and by event type."""
    resource = event.type.partition("_")[0]
    scopes = [f"customer_id:{event.customer_id}"]
    owner = event.data.get("owner_id", "")
    if owner and owner != str(NIL):
        scopes.append(f"agent_id:{owner}")
    id_ = event.data.get("id", "")
    return tuple(
        f"{scope}:{path}"
        for scope in scopes
        for path in (f"{resource}:{id_}", f"{resource}:{event.type}:{id_}")
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """An event as WebSocket clients receive it, rendered once for all of them, with its topics."""

    id: int
    topics: tuple[str, ...]
    plain: str
    numbered: str
    bare: str
    """The resource without the envelope."""

    @classmethod
    def of(cls, event: Event) -> "Frame":
        """Render an event."""
        numbered = EventView.of(event).model_dump_json()
        bare = orjson.dumps(event.data).decode()
        return cls(event.id, topics_of(event), body_of(event).decode(), numbered, bare)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The prefixes of a client's topics, by the form in which it receives their events."""

    wrapped: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()

    @classmethod
    def of(cls, prefixes: Iterable[str]) -> "Subscriptions":
        """Sort prefixes by form."""
        known = tuple(prefixes)
        bare = tuple(each for each in known if _is_bare(each))
        return cls(tuple(each for each in known if each not in bare), bare)

    def wants(self, frame: Frame) -> bool:
        """Return whether the client receives this event."""
        return any(topic.startswith(self.wrapped + self.bare) for topic in frame.topics)

    def text_of(self, frame: Frame) -> str:
        """Return the event in the form of its topic: bare unless a topic with the envelope matches as well."""
        is_wrapped = any(topic.startswith(self.wrapped) for topic in frame.topics)
        return frame.plain if is_wrapped else frame.bare


def _is_bare(prefix: str) -> bool:
    """Return whether a topic names one type of event, as in ``customer_id:<id>:call:call_progressing``."""
    parts = prefix.split(":")
    return len(parts) == _BARE_PARTS and parts[3].startswith(f"{parts[2]}_")
