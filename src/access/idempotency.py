"""Idempotency-Key: a POST that is sent again is executed once and gets the same answer.

draft-ietf-httpapi-idempotency-key-header. A key is valid for 24 hours, for one customer and one request:
its path, query and body. A repetition while the first request is in progress is refused (409), and so is
a different request with the same key (422). A request that a stop of the server interrupted is never
executed again: its outcome is unknown, and the answer says so (409). Answers with
``Cache-Control: no-store`` are not stored, nor those that ask to try again (429, 503).
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
    """The key is not 1 to 255 printable ASCII characters, quoted or not."""

    reason = "INVALID_REQUEST_PARAMETER"


class IdempotencyKeyReused(InvalidArgument):
    """The key was used for another request (HTTP 422)."""

    reason = "IDEMPOTENCY_KEY_REUSED"


class IdempotencyKeyInUse(Conflict):
    """The first request with this key is in progress."""

    reason = "IDEMPOTENCY_KEY_IN_USE"


class IdempotencyOutcomeUnknown(Conflict):
    """The first request has no stored answer."""

    reason = "IDEMPOTENCY_OUTCOME_UNKNOWN"


class IdempotencyKeysExhausted(Exhausted):
    """The customer has used too many keys within a day."""

    reason = "IDEMPOTENCY_KEYS_EXHAUSTED"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to a client."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    secret: bool = False
    """Whether it must not be stored (``Cache-Control: no-store``)."""


def read_key(header: str) -> str:
    """Return the key of a header, which is a structured string (RFC 9651) or a bare one."""
    key = header.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not PRINTABLE.fullmatch(key):
        raise IdempotencyKeyInvalid(f"{HEADER} must be 1 to 255 printable ASCII characters")
    return key


def fingerprint(*parts: bytes) -> str:
    """Return a digest of the parts that identify a request."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


class IdempotencyService:
    """Stores the answers to POST requests that have a key."""

    def __init__(self, store: Store, clock: Clock, *, max_keys: int = MAX_KEYS) -> None:
        self._store = store
        self._clock = clock
        self._max_keys = max_keys
        self._running: set[tuple[CustomerId, str]] = set()

    async def once(
        self, customer_id: CustomerId, key: str, digest: str, handle: Callable[[], Awaitable[Answer]]
    ) -> tuple[Answer, bool]:
        """Handle a request and return its answer and False, or its stored answer and True."""
        name = (customer_id, key)
        if name in self._running:
            raise IdempotencyKeyInUse("a request with this key is in progress: wait, then send it again")
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
        """Store that the request is in progress; return the earlier attempt if there is one."""
        async with self._store.transaction() as tx:
            await tx.idempotency.remove_older(attempt.tm_create - KEPT_FOR)
            if earlier := await tx.idempotency.find(attempt.customer_id, attempt.key):
                if earlier.status is None and await tx.homes.is_living(earlier.node_id):
                    raise IdempotencyKeyInUse(
                        "a request with this key is in progress at another node: wait, then send it again"
                    )
                return earlier
            if await tx.idempotency.count(attempt.customer_id) >= self._max_keys:
                raise IdempotencyKeysExhausted(
                    f"more than {self._max_keys} keys in 24 hours: send requests without a key"
                )
            try:
                await tx.idempotency.add(attempt)
            except AlreadyExists:
                raise IdempotencyKeyInUse(
                    "a request with this key is in progress: wait, then send it again"
                ) from None
        return None

    async def _handle(self, attempt: Attempt, handle: Callable[[], Awaitable[Answer]]) -> Answer:
        answer = await handle()
        async with self._store.transaction() as tx:
            if answer.status in TRY_AGAIN:
                await tx.idempotency.remove(attempt.customer_id, attempt.key)
            else:
                is_kept = not answer.secret and len(answer.body) <= MAX_BODY_BYTES
                await tx.idempotency.save(
                    replace(
                        attempt,
                        status=answer.status,
                        headers=answer.headers if is_kept else (),
                        body=answer.body if is_kept else None,
                    )
                )
        return answer


def _replay(earlier: Attempt, digest: str) -> Answer:
    if earlier.fingerprint != digest:
        raise IdempotencyKeyReused("the key was used for another request: use a new key")
    if earlier.status is None:
        raise IdempotencyOutcomeUnknown(
            "the server stopped while it handled the request: check whether it was executed, then use a new key"
        )
    if earlier.body is None:
        raise IdempotencyOutcomeUnknown(
            f"the request was executed with status {earlier.status}, and its answer was not stored"
        )
    return Answer(earlier.status, earlier.headers, earlier.body)
