"""KeyService: access keys, shown once and stored as digests (api.md section 10)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from mixminus.access.errors import AccessKeyNotFound, ExpiresTooSoon
from mixminus.access.tokens import digest, new_access_key, prefix
from mixminus.clock import Clock
from mixminus.model.access import AccessKey
from mixminus.model.ids import AccessKeyId, CustomerId, new_id
from mixminus.store.database import Store, Transaction
from mixminus.store.ownership import owned
from mixminus.store.page import Page

__all__ = ["MIN_LIFE_S", "KeyService", "add_key"]

MIN_LIFE_S: Final = 86_400


async def add_key(
    tx: Transaction, customer_id: CustomerId, token: str, *, name: str, now: datetime
) -> AccessKey:
    """Add a key that never expires."""
    return await _add(tx, _new(customer_id, token, name=name, now=now))


class KeyService:
    """Creates, lists, updates and deletes keys; another customer's key is not found."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def get(self, customer_id: CustomerId, key_id: AccessKeyId) -> AccessKey:
        async with self._store.snapshot() as tx:
            key = await tx.access_keys.find(key_id)
        return _existing(key, customer_id, key_id)

    async def list(self, customer_id: CustomerId, page: Page) -> list[AccessKey]:
        """Return undeleted keys, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.access_keys.page(customer_id, page)

    async def create(
        self, customer_id: CustomerId, *, name: str, detail: str, life_s: int
    ) -> tuple[AccessKey, str]:
        """Create a key; return it and its token, which cannot be shown again."""
        if life_s < MIN_LIFE_S:
            raise ExpiresTooSoon(f"expire must be at least {MIN_LIFE_S} seconds")
        token, now = new_access_key(), self._clock.now()
        key = replace(
            _new(customer_id, token, name=name, now=now),
            detail=detail,
            tm_expire=now + timedelta(seconds=life_s),
        )
        async with self._store.transaction() as tx:
            return await _add(tx, key), token

    async def update(
        self, customer_id: CustomerId, key_id: AccessKeyId, *, name: str, detail: str
    ) -> AccessKey:
        """Replace name and detail."""
        return await self._change(customer_id, key_id, lambda key, _: replace(key, name=name, detail=detail))

    async def delete(self, customer_id: CustomerId, key_id: AccessKeyId) -> AccessKey:
        """Delete a key, effective at once; no change if it is deleted."""

        def change(key: AccessKey, now: datetime) -> AccessKey:
            return key if key.tm_delete else replace(key, tm_delete=now)

        return await self._change(customer_id, key_id, change)

    async def renew(self, customer_id: CustomerId, name: str) -> str:
        """Replace the customer's keys of this name with a new one; return its token."""
        token = new_access_key()
        async with self._store.transaction() as tx:
            await tx.access_keys.delete_named(customer_id, name, self._clock.now())
            await add_key(tx, customer_id, token, name=name, now=self._clock.now())
        return token

    async def _change(
        self, customer_id: CustomerId, key_id: AccessKeyId, change: Callable[[AccessKey, datetime], AccessKey]
    ) -> AccessKey:
        async with self._store.transaction() as tx:
            before = _existing(await tx.access_keys.find_for_update(key_id), customer_id, key_id)
            now = self._clock.now()
            after = change(before, now)
            if after == before:
                return before
            after = replace(after, tm_update=now)
            await tx.access_keys.save(after)
        return after


def _new(customer_id: CustomerId, token: str, *, name: str, now: datetime) -> AccessKey:
    return AccessKey(
        id=AccessKeyId(new_id()),
        customer_id=customer_id,
        name=name,
        detail="",
        token_sha256=digest(token),
        token_prefix=prefix(token),
        tm_create=now,
    )


async def _add(tx: Transaction, key: AccessKey) -> AccessKey:
    await tx.access_keys.add(key)
    return key


def _existing(key: AccessKey | None, customer_id: CustomerId, key_id: AccessKeyId) -> AccessKey:
    return owned(key, customer_id, AccessKeyNotFound(f"no access key {key_id}"))
