"""Caller: what the edge tells a worker of an INVITE's sender, in a header that none from outside gets through."""

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["CALLER", "Caller", "caller_of"]

CALLER: Final = "x-mixminus-caller"
_NOBODY: Final = "-"
_HEADER = re.compile(rf"^{CALLER}: *(\S+) (\S+) *\r?$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Caller:
    """The account that has proved itself, empty for anybody; and the address that it came from."""

    account_id: str = ""
    host: str = ""

    def render(self) -> str:
        return f"{self.account_id or _NOBODY} {self.host}"


def caller_of(invite: str) -> Caller:
    """Return what the edge has written into an INVITE; nobody if it has not."""
    match = _HEADER.search(invite.partition("\r\n\r\n")[0])
    if not match:
        return Caller()
    return Caller("" if match[1] == _NOBODY else match[1], match[2])
