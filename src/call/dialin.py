"""Dial-in: which conference a dialled name means (api.md section 13.2). Pure: nothing is looked up here."""

import uuid
from collections.abc import Mapping
from typing import Final, NewType
from urllib.parse import unquote

from mixminus.ids import ConferenceId

__all__ = ["DirectHash", "route"]

DirectHash = NewType("DirectHash", str)

_DIRECT: Final = "direct."
_CONFERENCE: Final = "conference:"
_UUID_LENGTH: Final = 36


def route(target: str, names: Mapping[str, ConferenceId]) -> ConferenceId | DirectHash | None:
    """Return what a SIP user part names: a conference, a direct hash to be looked up, or nothing.

    Understood are a conference's id, ``conference:<id>``, ``direct.<hash>`` and the names of the
    static table; a host part and URL escapes (``%3A``) are put aside.
    """
    user = unquote(target).removeprefix("sip:").partition("@")[0]
    if user in names:
        return names[user]
    if user.startswith(_DIRECT):
        return DirectHash(user)
    return _conference_id(user.removeprefix(_CONFERENCE))


def _conference_id(text: str) -> ConferenceId | None:
    # uuid.UUID alone would also take braces, bare hexadecimal and urn: forms.
    if len(text) != _UUID_LENGTH:
        return None
    try:
        return ConferenceId(uuid.UUID(text))
    except ValueError:
        return None
