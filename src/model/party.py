"""Parties of calls: the form in which numbers and SIP addresses are compared. Pure."""

import functools
from typing import Final

__all__ = ["party_key"]

_SCHEMES: Final = ("sips:", "sip:", "tel:")
_SEPARATORS: Final = str.maketrans("", "", " -.()")


@functools.lru_cache(maxsize=1024)
def party_key(text: str) -> str:
    """Return the form in which a number or a SIP address is compared; empty if it is neither.

    Numbers have neither a plus sign nor separators; addresses are in lower case, without scheme and parameters.
    Remembered, because each change of a call asks for it again.
    """
    text = text.strip().lower()
    for scheme in _SCHEMES:
        text = text.removeprefix(scheme)
    user, at, host = text.partition(";")[0].partition("@")
    digits = user.translate(_SEPARATORS).removeprefix("+")
    return (digits if digits.isascii() and digits.isdigit() else user) + at + host
