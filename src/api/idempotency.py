"""Idempotency-Key: a POST that is sent again is answered again, and done once.

draft-ietf-httpapi-idempotency-key-header. A key belongs to its customer for 24 hours, and to one
request: method, path, query and body. While that is being handled, the same again is refused (409);
another request under the key is refused always (422). What the server was stopped in the midst of is
never done twice: its outcome is unknown, and the answer says so (409). Nothing that says
``Cache-Control: no-store`` is kept, nor an answer that invites to try again (429, 503).
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from mixminus.clock import Clock
from mixminus.errors import AlreadyExists, Conflict, Exhausted, InvalidArgument
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store
from mixminus.store.idempotency import Attempt

__all__ = [
    "HEADER",
    "REPLAYED",
    "Answer",
    "IdempotencyKeyInUse",
    "IdempotencyKeyInvalid",
    "IdempotencyKeyReused",
    "IdempotencyKeysExhausted",
    "IdempotencyOutcomeUnknown",
    "IdempotencyService",
    "fingerprint",
    "read_key",
]

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT_FOR: Final = timedelta(hours=24)
MAX_KEYS: Final = 10_000
MAX_BODY_BYTES: Final = 256 * 1024
TRY_AGAIN: Final = frozenset({429, 503})
PRINTABLE: Final = re.compile(r"[\x20-\x7e]{1,255}", re.ASCII)


class IdempotencyKeyInvalid(InvalidArgument):
    """The key is not 1 to 255 printable ASCII characters, with or without quotes around them."""

    reason = "INVALID_REQUEST_PARAMETER"


class IdempotencyKeyReused(InvalidArgument):
    """The key came before with another request (HTTP 422)."""

    reason = "IDEMPOTENCY_KEY_REUSED"


class IdempotencyKeyInUse(Conflict):
    """The first request with this key is being handled."""

    reason = "IDEMPOTENCY_KEY_IN_USE"


class IdempotencyOutcomeUnknown(Conflict):
    """The first request has no answer that can be told again."""

    reason = "IDEMPOTENCY_OUTCOME_UNKNOWN"


class IdempotencyKeysExhausted(Exhausted):
    """The customer has used too many keys within a day."""

    reason = "IDEMPOTENCY_KEYS_EXHAUSTED"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client was told."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    secret: bool = False
    """Whether it must not be kept (``Cache-Control: no-store``)."""


def read_key(header: str) -> str:
    """Return the key, whether it came as a structured string (RFC 9651) or bare."""
    key = header.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not PRINTABLE.fullmatch(key):
        raise IdempotencyKeyInvalid(f"{HEADER} must be 1 to 255 printable ASCII characters")
    return key


def fingerprint(*parts: bytes) -> str:
    """Return a digest of what makes two requests the same."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


class IdempotencyService:
    """Remembers POSTs that clients have named."""

    def __init__(self, store: Store, clock: Clock, *, max_keys: int = MAX_KEYS) -> None:
        self._store = store
        self._clock = clock
        self._max_keys = max_keys
        self._running: set[tuple[CustomerId, str]] = set()

    async def once(
        self, customer_id: CustomerId, key: str, digest: str, handle: Callable[[], Awaitable[Answer]]
    ) -> tuple[Answer, bool]:
        """Handle a request, or return the answer that it had before and True."""
        name = (customer_id, key)
        if name in self._running:
            raise IdempotencyKeyInUse("a request with this key is being handled")
        self._running.add(name)
        try:
            attempt = Attempt(customer_id, key, digest, self._clock.now())
            earlier = await self._begin(attempt)
            if earlier is not None:
                return _replay(earlier, digest), True
            return await self._handle(attempt, handle), False
        finally:
            self._running.discard(name)

    async def _begin(self, attempt: Attempt) -> Attempt | None:
        """Write down that the request is being handled, unless it is already known."""
        async with self._store.transaction() as tx:
            await tx.idempotency.remove_older(attempt.tm_create - KEPT_FOR)
            if earlier := await tx.idempotency.find(attempt.customer_id, attempt.key):
                return earlier
            if await tx.idempotency.count(attempt.customer_id) >= self._max_keys:
                raise IdempotencyKeysExhausted(f"{self._max_keys} keys within a day: go on without keys")
            try:
                await tx.idempotency.add(attempt)
            except AlreadyExists:
                raise IdempotencyKeyInUse("a request with this key is being handled") from None
        return None

    async def _handle(self, attempt: Attempt, handle: Callable[[], Awaitable[Answer]]) -> Answer:
        answer = await handle()
        async with self._store.transaction() as tx:
            if answer.status in TRY_AGAIN:
                await tx.idempotency.remove(attempt.customer_id, attempt.key)
            else:
                told = not answer.secret and len(answer.body) <= MAX_BODY_BYTES
                await tx.idempotency.save(
                    replace(
                        attempt,
                        status=answer.status,
                        headers=answer.headers if told else (),
                        body=answer.body if told else None,
                    )
                )
        return answer


def _replay(earlier: Attempt, digest: str) -> Answer:
    if earlier.fingerprint != digest:
        raise IdempotencyKeyReused("the key was used for another request: take a new one")
    if earlier.status is None:
        raise IdempotencyOutcomeUnknown(
            "the server stopped while it handled the request: look whether it was done, then take a new key"
        )
    if earlier.body is None:
        raise IdempotencyOutcomeUnknown(f"done with status {earlier.status}, and the answer was not kept")
    return Answer(earlier.status, earlier.headers, earlier.body)
