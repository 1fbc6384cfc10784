"""Courier: takes one event to one webhook, with the attempts, limits and signatures of api.md section 11."""

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import ClientConnectorError, ClientError, InvalidURL

from mixminus.clock import Clock
from mixminus.delivery.outward import MAX_REDIRECTS, SCHEMES, open_session
from mixminus.delivery.signature import sign
from mixminus.delivery.targets import TargetRefused
from mixminus.store.outbox import Event
from mixminus.store.webhooks import Target
from mixminus.wire.event import body_of, webhook_id

__all__ = ["Courier", "Outcome"]

ATTEMPTS: Final = 3
PAUSE_S: Final = 1.0
CONNECTIONS: Final = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: the answer's HTTP status, 0 if there was none."""

    http_status: int
    again: bool = False
    """Whether another attempt may do better."""

    @property
    def taken(self) -> bool:
        return HTTPStatus.OK <= self.http_status < HTTPStatus.BAD_REQUEST


class Courier:
    """Owns the connections to all webhooks."""

    def __init__(self, clock: Clock, counters: Counter[str], *, private_targets: bool) -> None:
        self._clock = clock
        self._counters = counters
        self._session = open_session(connections=CONNECTIONS, private_targets=private_targets)

    async def close(self) -> None:
        """Drop the connections; closing twice is harmless."""
        await self._session.close()

    async def deliver(self, target: Target, event: Event) -> Outcome:
        """Try until the event is taken, refused for good, or the attempts are used up."""
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._clock.sleep(PAUSE_S)
                self._counters["delivery.webhooks_retried"] += 1
            outcome = await self._attempt(target, event)
            if not outcome.again:
                break
        self._counters["delivery.webhooks_delivered" if outcome.taken else "delivery.webhooks_failed"] += 1
        return outcome

    async def _attempt(self, target: Target, event: Event) -> Outcome:
        if not target.uri.lower().startswith(SCHEMES):
            return Outcome(0)
        body = body_of(event)
        try:
            async with self._session.request(
                target.method,
                target.uri,
                data=body,
                headers=self._headers(target, event, body),
                max_redirects=MAX_REDIRECTS,
            ) as response:
                status = response.status
        except ClientConnectorError as exc:
            refused = isinstance(exc.os_error, TargetRefused)
            self._counters["delivery.webhooks_refused"] += refused
            return Outcome(0, again=not refused)
        except (InvalidURL, ValueError):
            return Outcome(0)
        except (ClientError, TimeoutError, OSError):
            return Outcome(0, again=True)
        return Outcome(status, again=status >= HTTPStatus.INTERNAL_SERVER_ERROR)

    def _headers(self, target: Target, event: Event, body: bytes) -> dict[str, str]:
        message_id = webhook_id(event.stream_id, event.number)
        return {
            "Content-Type": "application/json",
            "X-MixMinus-Event-Id": str(event.id),
            "X-MixMinus-Event-Number": str(event.number),
            **sign(body, secret=target.secret, message_id=message_id, now=self._clock.now()),
        }
