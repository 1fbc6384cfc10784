"""Members: phones of a storm, each with a tone of its own in a room."""

import time
from contextlib import suppress
from dataclasses import dataclass

from tests.satellite.storm.site import Node, Site
from tests.support.raw_phone import RawPhone
from tests.support.tones import tone

__all__ = ["Member", "call"]

_PATIENCE_S = 20.0


@dataclass(slots=True, eq=False)
class Member:
    """A phone in a room."""

    phone: RawPhone
    node: Node
    start: str
    """Of the node, which has its call."""
    room: str
    hz: float
    since: int = 0
    """Packets that were looked at."""
    left: bool = False

    @property
    def lives(self) -> bool:
        """Whether its call goes on, as far as its node and its phone know."""
        if not self.left and self.node.state == "up" and self.node.name == self.start:
            with suppress(TimeoutError):
                self.phone.wait_for_bye(0.001)
                self.left = True
        return not self.left and self.node.name == self.start and self.node.state != "down"

    def end(self, site: Site) -> None:
        """Hang up, if the node is there to answer."""
        kind: type[BaseException] | None = None
        begun_s = time.monotonic()
        if not self.lives or self.node.state != "up":
            self.phone.forget()
        try:
            self.phone.hang_up()
        except (TimeoutError, AssertionError) as error:
            kind = type(error)
            if self.node.state == "up" and self.node.disturbed_s < begun_s and "481" not in str(error):
                site.fault(f"{self.start}: BYE of a phone: {error}")
        self.left = True
        self.phone.__exit__(kind, None, None)

    def drop(self) -> None:
        """Close the phone without a word; twice is harmless."""
        self.left = True
        self.phone.forget()
        self.phone.__exit__(None, None, None)


def call(node: Node, room: str, hz: float) -> Member | None:
    """Call a room; None without an answer."""
    phone, start = RawPhone(patience_s=_PATIENCE_S), node.name
    phone.__enter__()
    try:
        phone.dial((node.server.host, node.server.sip_port), room)
    except (AssertionError, TimeoutError) as error:
        phone.__exit__(type(error), error, None)
        return None
    phone.talk(tone(hz, 1.0, sample_rate_hz=8000))
    return Member(phone, node, start, room, hz)
