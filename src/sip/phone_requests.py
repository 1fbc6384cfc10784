"""What phones ask for within their calls, as the edge reports it: digits, texts, transfers."""

from collections.abc import Callable
from typing import Final

from mixminus.call.leg import Texts
from mixminus.clock import Clock
from mixminus.mixer import EngineEvent
from mixminus.mixer.events import DigitReceived as PortDigitReceived
from mixminus.sip.leg import SipLeg
from mixminus.sip.messages import DigitReceived, TextReceived, TransferProgressed, TransferRequested
from mixminus.sip.transfer_requests import TransferRequests
from mixminus.tasks import TaskScope

__all__ = ["PhoneRequest", "PhoneRequests"]

PhoneRequest = DigitReceived | TextReceived | TransferRequested | TransferProgressed

_US_PER_S: Final = 1_000_000
_SUCCESS: Final = 200
_FAILURE: Final = 300


class PhoneRequests:
    """Passes each on to the part that it is for."""

    def __init__(
        self,
        clock: Clock,
        tasks: TaskScope,
        *,
        transfers: TransferRequests,
        texts: Texts | None,
        on_event: Callable[[EngineEvent], None],
    ) -> None:
        """``texts`` gets what phones write; ``on_event`` the digits, as events of the engine."""
        self._clock = clock
        self._tasks = tasks
        self._transfers = transfers
        self._texts = texts
        self._on_event = on_event

    def on_request(self, leg: SipLeg, request: PhoneRequest) -> None:
        """Take a request of a phone whose call is not over."""
        match request:
            case TransferRequested():
                self._transfers.requested(leg.id, request)
            case TransferProgressed(status_code=status_code):
                if _SUCCESS <= status_code < _FAILURE:
                    # The phone has reached the transfer target (RFC 5589 section 6).
                    self._tasks.spawn("referred", leg.hang_up())
            case TextReceived(text=text):
                if self._texts:
                    self._texts.on_text(leg.id, text)
            case DigitReceived(_, digit, duration_ms):
                at_us = int(self._clock.monotonic_s() * _US_PER_S)
                self._on_event(PortDigitReceived(leg.port.id, at_us, digit, duration_ms))
