"""CATALOGUE: every type of action (api.md sections 6.2 and 6.5); a new family is a line here."""

from typing import Final

from mixminus.flow.action import Catalogue
from mixminus.flow.actions import (
    answering,
    call,
    conditions,
    control,
    dialling,
    digits,
    media,
    room,
    speech,
    streams,
    web,
)

__all__ = ["CATALOGUE"]

CATALOGUE: Final = Catalogue(
    (
        *answering.ACTIONS,
        *call.ACTIONS,
        *conditions.ACTIONS,
        *control.ACTIONS,
        *dialling.ACTIONS,
        *digits.ACTIONS,
        *media.ACTIONS,
        *room.ACTIONS,
        *speech.ACTIONS,
        *streams.ACTIONS,
        *web.ACTIONS,
    ),
    unsupported=(
        "ai_summary",
        "ai_talk",
        "ai_task",
        "case_create",
        "conversation_send",
        "email_send",
        "message_send",
        "queue_join",
    ),
)
