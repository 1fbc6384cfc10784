"""DigitRelay: digits that a participant presses in a room are sent to the other participants' phones (RFC 4733).

In-band tones need no relay: they are a part of the audio, unless a port removes them as it receives them.
"""

from collections import Counter
from typing import Final

from mixminus.cluster.remote_port import RemotePort
from mixminus.conference.room import Room, Seat
from mixminus.errors import MixMinusError
from mixminus.mixer import Port

__all__ = ["DigitRelay"]

_TONE_MS: Final = 100
"""The duration of a digit is known when it ends: what is sent has a duration of its own."""


class DigitRelay:
    """Relays digits in rooms with ``relay_digits``, and counts them for each receiver."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter({"keypad.relayed": 0, "keypad.not_relayed": 0})

    def relay(self, room: Room, sender: Seat, digits: str) -> None:
        """Send digits to every other participant that hears the room; one without telephone-event gets none.

        Of a participant that is muted nothing is relayed.
        """
        if not room.settings.relay_digits or not digits or sender.port.muted:
            return
        for id_ in room.present:
            seat = room.seats.get(id_)
            if seat is None or seat is sender or seat.port.closed or seat.port.deafened:
                continue
            self.counters["keypad.relayed" if _sent(seat, digits) else "keypad.not_relayed"] += len(digits)


def _sent(seat: Seat, digits: str) -> bool:
    if not isinstance(seat.port, Port | RemotePort):
        return False
    try:
        seat.port.send_digits(digits, _TONE_MS)
    except MixMinusError:  # not negotiated, just closed, or the engine's queue is full
        return False
    return True
