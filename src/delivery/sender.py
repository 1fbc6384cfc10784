"""WebhookSender: sends one event to one webhook, with limits and signatures (api.md section 11)."""

import binascii
import hashlib
import hmac
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from aiohttp import ClientConnectorError, ClientError, InvalidURL, hdrs
from standardwebhooks import Webhook

from mixminus.clock import Clock
from mixminus.delivery.outgoing import SCHEMES, Outgoing, TargetRefused, open_session, send_following
from mixminus.delivery.retries import is_retried, retry_after_s
from mixminus.store.outbox import Event
from mixminus.store.webhook_attempts import Attempt, is_accepted
from mixminus.store.webhooks import Target
from mixminus.telemetry import NO_TELEMETRY, Telemetry, current_span
from mixminus.wire.event import body_of, webhook_id

__all__ = ["Outcome", "WebhookSender", "sign"]

CONNECTIONS: Final = 1000
"""A receiver that hangs holds one for each customer and activeflow that has events for it, half a minute at most."""
_STANDARD_PREFIX: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of an attempt: the HTTP status of the answer, 0 if there was none, and then why."""

    http_status: int
    error: str = ""
    retry: bool = False
    """Whether another attempt may succeed."""
    retry_after_s: float | None = None
    """When the receiver wants it, if it says so."""
    duration_ms: int = 0

    @property
    def accepted(self) -> bool:
        return is_accepted(self.http_status)

    def at(self, tm: datetime) -> Attempt:
        """Return the attempt, which ended at this time, as it is stored."""
        return Attempt(tm, self.http_status, self.duration_ms, self.error)


class WebhookSender:
    """Owns the connections to all webhooks."""

    def __init__(
        self,
        clock: Clock,
        counters: Counter[str],
        *,
        private_targets: bool,
        telemetry: Telemetry = NO_TELEMETRY,
    ) -> None:
        self._clock = clock
        self._counters = counters
        self._telemetry = telemetry
        self._session = open_session(connections=CONNECTIONS, private_targets=private_targets)

    async def close(self) -> None:
        """Close the connections; closing twice is harmless."""
        await self._session.close()

    async def attempt(self, target: Target, event: Event) -> Outcome:
        """Send an event once; a redirect by 307 or 308 is followed with the body and its signature.

        The attempt is a span, in the trace of the call that the event is about, if that is known.
        """
        begin_s = self._clock.monotonic_s()
        with self._telemetry.span(
            "deliver webhook",
            "client",
            traceparent=self._telemetry.traceparent_of(event.activeflow_id),
            attributes={
                "mixminus.event_id": event.id,
                "mixminus.event_type": event.type,
                "mixminus.customer_id": event.customer_id,
            },
        ) as span:
            outcome = await self._sent(target, event)
            span.set("http.response.status_code", outcome.http_status)
            if not outcome.accepted:
                span.fail(outcome.error or str(outcome.http_status))
        self._counters["delivery.webhooks_delivered"] += outcome.accepted
        return replace(outcome, duration_ms=round(1000 * (self._clock.monotonic_s() - begin_s)))

    async def _sent(self, target: Target, event: Event) -> Outcome:
        if not target.uri.lower().startswith(SCHEMES):
            return Outcome(0, "the address does not begin with http:// or https://")
        body = body_of(event)
        try:
            request = Outgoing(target.method, target.uri, body, self._headers(target, event, body))
            async with send_following(self._session, request) as response:
                status, retry_after = response.status, response.headers.get(hdrs.RETRY_AFTER)
        except ClientConnectorError as exc:
            refused = isinstance(exc.os_error, TargetRefused)
            self._counters["delivery.webhooks_refused"] += refused
            error = "private addresses are refused" if refused else "no connection"
            return Outcome(0, error, retry=not refused)
        except (InvalidURL, ValueError):
            return Outcome(0, "the address is not valid")
        except (ClientError, TimeoutError, OSError) as exc:
            slow = isinstance(exc, TimeoutError)
            return Outcome(0, "no response in time" if slow else "connection lost", retry=True)
        if not is_retried(status):
            return Outcome(status)
        return Outcome(status, retry=True, retry_after_s=retry_after_s(retry_after, self._clock.now()))

    def _headers(self, target: Target, event: Event, body: bytes) -> dict[str, str]:
        message_id = webhook_id(event.stream_id, event.number)
        return {
            "Content-Type": "application/json",
            "X-MixMinus-Event-Id": str(event.id),
            "X-MixMinus-Event-Number": str(event.number),
            **current_span().headers,
            **sign(body, secret=target.secret, message_id=message_id, now=self._clock.now()),
        }


def sign(body: bytes, *, secret: str, message_id: str, now: datetime) -> dict[str, str]:
    """Return the headers that identify an attempt; with a secret also VoIPBIN's and Standard Webhooks' signature.

    Standard Webhooks 1.0 decodes a secret that begins with ``whsec_`` from base64, and uses the bytes of any other.
    """
    headers = {"webhook-id": message_id, "webhook-timestamp": str(int(now.timestamp()))}
    if secret:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers["X-VoIPBIN-Signature"] = f"sha256={digest}"
        headers["webhook-signature"] = _standard_webhook(secret).sign(message_id, now, body.decode())
    return headers


def _standard_webhook(secret: str) -> Webhook:
    if secret.startswith(_STANDARD_PREFIX) and secret != _STANDARD_PREFIX:
        try:
            return Webhook(secret)
        except binascii.Error:
            pass  # not base64: used like any other secret
    return Webhook(secret.encode())
