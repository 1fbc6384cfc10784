"""Splitting of SIP header values at separators that are neither quoted nor within a URI. Pure.

Written by hand, because a pattern of the ``re`` module that fails on an unclosed quote or bracket is tried anew at
the next one: quadratic time for a hostile value. Here each character is passed once.
"""

import re
from typing import Final

__all__ = ["split_outside_quotes"]

# Possessive: what was passed is not tried again.
_QUOTED: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def split_outside_quotes(text: str, separator: str, *, brackets: bool) -> list[str]:
    """Split at a character outside ``"..."``, and outside ``<...>`` where ``brackets`` is set.

    What follows an unclosed quote is one part: no reader may find a separator in it.
    """
    stop = _STOPS[separator, brackets]
    parts: list[str] = []
    start = place = 0
    while match := stop.search(text, place):
        place = match.start()
        if text[place] == separator:
            parts.append(text[start:place])
            start = place = place + 1
        elif text[place] == '"':
            quoted = _QUOTED.match(text, place)
            if not quoted:
                break
            place = quoted.end()
        else:
            end = text.find(">", place)
            if end < 0:
                stop = _STOPS[separator, False]
            place = end + 1 if end >= 0 else place + 1
    parts.append(text[start:])
    return parts


_STOPS: Final = {
    (separator, brackets): re.compile(f'[{separator}"{"<" if brackets else ""}]')
    for separator in ",;"
    for brackets in (False, True)
}
