"""Repair of telephone events (RFC 4733) whose ``a=rtpmap`` is missing, and that only their ``a=fmtp`` names. Pure."""

import itertools
import re
from typing import Final

__all__ = ["events_named"]

_EVENTS = re.compile(
    r"a=fmtp:(9[6-9]|1[01][0-9]|12[0-7]) [0-9]{1,3}(?:-[0-9]{1,3})?(?:,[0-9]{1,3}(?:-[0-9]{1,3})?){0,16}\Z"
)
"""A list of events (RFC 4733 section 2.4.1); the parameters of no codec look like that."""
_AUDIO: Final = "m=audio "
_MAP: Final = "a=rtpmap:"
_NAME: Final = " telephone-event/"


def events_named(lines: list[str]) -> list[str]:
    """Return the lines with ``a=rtpmap:N telephone-event/8000`` where an offered format N is nothing else.

    Returns ``lines`` itself if that is nowhere so.
    """
    starts = [place for place, line in enumerate(lines) if line.startswith("m=")]
    added: list[tuple[int, str]] = []
    for start, end in itertools.pairwise([*starts, len(lines)]):
        media = lines[start:end]
        if not media[0].startswith(_AUDIO) or any(_NAME in line.lower() for line in media):
            continue
        known = {line.removeprefix(_MAP).partition(" ")[0] for line in media if line.startswith(_MAP)}
        formats = set(media[0].split(" ")[3:]) - known
        listed = [found[1] for line in media if (found := _EVENTS.match(line)) and found[1] in formats]
        if listed:
            added.append((end, f"{_MAP}{listed[0]}{_NAME}8000"))
    if not added:
        return lines
    named = list(lines)
    for end, line in reversed(added):
        named.insert(end, line)
    return named
