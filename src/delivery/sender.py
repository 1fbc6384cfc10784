"""WebhookSender: sends one event to one webhook, with attempts, limits and signatures (api.md section 11)."""

import binascii
import hashlib
import hmac
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from aiohttp import ClientConnectorError, ClientError, InvalidURL
from standardwebhooks import Webhook

from mixminus.clock import Clock
from mixminus.delivery.outgoing import MAX_REDIRECTS, SCHEMES, TargetRefused, open_session
from mixminus.store.outbox import Event
from mixminus.store.webhooks import Target
from mixminus.wire.event import body_of, webhook_id

__all__ = ["Outcome", "WebhookSender", "sign"]

ATTEMPTS: Final = 3
PAUSE_S: Final = 1.0
CONNECTIONS: Final = 100
_STANDARD_PREFIX: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of an attempt: the HTTP status of the answer, 0 if there was none."""

    http_status: int
    retry: bool = False
    """Whether another attempt may succeed."""

    @property
    def accepted(self) -> bool:
        return HTTPStatus.OK <= self.http_status < HTTPStatus.BAD_REQUEST


class WebhookSender:
    """Owns the connections to all webhooks."""

    def __init__(self, clock: Clock, counters: Counter[str], *, private_targets: bool) -> None:
        self._clock = clock
        self._counters = counters
        self._session = open_session(connections=CONNECTIONS, private_targets=private_targets)

    async def close(self) -> None:
        """Close the connections; closing twice is harmless."""
        await self._session.close()

    async def deliver(self, target: Target, event: Event) -> Outcome:
        """Try until the event is accepted, refused for good, or all attempts have failed."""
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._clock.sleep(PAUSE_S)
                self._counters["delivery.webhooks_retried"] += 1
            outcome = await self._attempt(target, event)
            if not outcome.retry:
                break
        self._counters["delivery.webhooks_delivered" if outcome.accepted else "delivery.webhooks_failed"] += 1
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
            return Outcome(0, retry=not refused)
        except (InvalidURL, ValueError):
            return Outcome(0)
        except (ClientError, TimeoutError, OSError):
            return Outcome(0, retry=True)
        return Outcome(status, retry=status >= HTTPStatus.INTERNAL_SERVER_ERROR)

    def _headers(self, target: Target, event: Event, body: bytes) -> dict[str, str]:
        message_id = webhook_id(event.stream_id, event.number)
        return {
            "Content-Type": "application/json",
            "X-MixMinus-Event-Id": str(event.id),
            "X-MixMinus-Event-Number": str(event.number),
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
