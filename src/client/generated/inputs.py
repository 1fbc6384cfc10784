"""Objects inside of requests' bodies.

Made by tools/generate_client.py; not edited by hand.
"""

from collections.abc import Sequence
from typing import Literal, NotRequired, Required, TypedDict
from uuid import UUID

__all__ = ["AddressBody", "CoachBody", "ExceptionBody", "GroupBody", "PairBody", "WhisperBody"]


class AddressBody(TypedDict):
    """A part of a request's body."""

    type: NotRequired[
        Literal[
            "",
            "tel",
            "sip",
            "extension",
            "agent",
            "conference",
            "ai",
            "ai_team",
            "email",
            "line",
            "webchat",
            "web_session",
            "whatsapp",
        ]
    ]
    target: NotRequired[str]
    target_name: NotRequired[str]
    name: NotRequired[str]
    detail: NotRequired[str]


class CoachBody(TypedDict):
    """A part of a request's body."""

    coach: Required[UUID | str]
    participant: Required[UUID | str]


class ExceptionBody(TypedDict):
    """A part of a request's body."""

    listener: Required[UUID | str]
    speaker: Required[UUID | str]
    gain_db: NotRequired[float | None]


class GroupBody(TypedDict):
    """A part of a request's body."""

    conference_id: NotRequired[UUID | str]
    name: NotRequired[str]
    conferencecall_ids: Required[Sequence[UUID | str]]


class PairBody(TypedDict):
    """A part of a request's body."""

    listener: Required[UUID | str]
    speaker: Required[UUID | str]


class WhisperBody(TypedDict):
    """A part of a request's body."""

    speaker: Required[UUID | str]
    listeners: Required[Sequence[UUID | str]]
