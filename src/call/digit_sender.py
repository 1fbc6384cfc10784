"""DigitSender: sends DTMF digits to the far end of a live call (RFC 4733), on request of a client."""

from typing import Final

from mixminus.call.errors import CallNotProgressing, DigitsNotTaken, DigitsPending
from mixminus.call.live import LiveCall
from mixminus.call.service import CallService
from mixminus.clock import Clock
from mixminus.errors import Conflict
from mixminus.log import task_failed
from mixminus.mixer import Port, PortClosed
from mixminus.model.ids import CallId, CustomerId
from mixminus.tasks import TaskScope

__all__ = ["MAX_DIGITS", "MAX_INTERVAL_MS", "MAX_TONE_MS", "MIN_TONE_MS", "DigitSender"]

MAX_DIGITS: Final = 100
MIN_TONE_MS: Final = 100
MAX_TONE_MS: Final = 1000
MAX_INTERVAL_MS: Final = 5000
_MS_PER_S: Final = 1000


class DigitSender:
    """Sends one sequence of digits at a time to each call; the rest of a sequence ends with its call."""

    def __init__(self, clock: Clock, calls: CallService) -> None:
        self._clock = clock
        self._calls = calls
        self._sending: set[CallId] = set()
        self._scope = TaskScope(task_failed("call.digits"))

    async def send(
        self, customer_id: CustomerId, call_id: CallId, digits: str, *, duration_ms: int, interval_ms: int
    ) -> None:
        """Begin to send digits, each ``duration_ms`` long and ``interval_ms`` after the one before.

        Returns when the first is being sent. Raises CallNotFound, CallNotProgressing, DigitsNotTaken for a call that
        has not negotiated telephone-event, and DigitsPending while others are being sent.
        """
        live = await self._calls.require(customer_id, call_id)
        port = live.port
        if not isinstance(port, Port):
            raise DigitsNotTaken(f"call {call_id} has no telephone-event: it is connected within the server")
        if call_id in self._sending:
            raise DigitsPending(f"digits are being sent to call {call_id}; wait until they are over")
        try:
            port.send_digits(digits[0], duration_ms)
        except PortClosed as closed:
            raise CallNotProgressing(f"call {call_id} is ending") from closed
        except Conflict as refusal:
            raise DigitsNotTaken(f"call {call_id} has not negotiated telephone-event") from refusal
        self._sending.add(call_id)
        self._scope.spawn("send digits", self._rest(live, port, digits[1:], duration_ms, interval_ms))

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    async def _rest(
        self, live: LiveCall, port: Port, digits: str, duration_ms: int, interval_ms: int
    ) -> None:
        try:
            for digit in digits:
                await self._clock.sleep((duration_ms + interval_ms) / _MS_PER_S)
                if port.closed:
                    return
                port.send_digits(digit, duration_ms)
            await self._clock.sleep(duration_ms / _MS_PER_S)
        finally:
            self._sending.discard(live.id)
