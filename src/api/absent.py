"""What VoIPBIN's API has and one server has no use for: what a client that asks for it can use instead. Pure."""

import re
from typing import Final

__all__ = ["remedy_of"]

_ID: Final = "[0-9A-Fa-f-]{36}"
_REMEDIES: Final = tuple(
    (re.compile(pattern + r"\Z"), text)
    for pattern, text in (
        (r"/available_numbers", "numbers are not sold here: create yours with POST /numbers"),
        (r"/numbers/renew", "numbers do not expire here, and are not renewed"),
        (rf"/recordings/{_ID}/playfiles", "the file of a recording is at GET /recordingfiles/{id}"),
        (rf"/customers/{_ID}", "customers are not deleted: POST /customers/{id}/freeze, which can be taken back"),
        (
            rf"/timelines/(?!conferences/)[a-z_]+/{_ID}/events",
            "there are timelines of conferences only: GET /events has the events of everything",
        ),
    )
)  # fmt: skip


def remedy_of(path: str) -> str:
    """Return what to use in place of a path that is not implemented; empty for others.

    ``path`` is below the API's root.
    """
    return next((text for pattern, text in _REMEDIES if pattern.match(path)), "")
