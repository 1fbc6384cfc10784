"""AccessService: who is asking, by access key (api.md section 10)."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from mixminus.clock import Clock
from mixminus.errors import Unauthenticated
from mixminus.ids import AccessKeyId, CustomerId, new_id
from mixminus.store.access_keys import AccessKey
from mixminus.store.database import Store, Transaction

__all__ = ["AccessService", "Identity", "InvalidCredentials"]

_TOKEN_MARK: Final = "vb_"
_TOKEN_BYTES: Final = 32
_PREFIX_LENGTH: Final = 11


class InvalidCredentials(Unauthenticated):
    reason = "INVALID_CREDENTIALS"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking: a key acts as its customer, with every right."""

    customer_id: CustomerId
    access_key_id: AccessKeyId


class AccessService:
    """Makes access keys and knows them again."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def authenticate(self, token: str) -> Identity:
        """Return whose key this is; unknown, deleted and expired look the same."""
        async with self._store.snapshot() as tx:
            key = await tx.access.find_key(_digest(token))
        if key is None or (key.tm_expire is not None and key.tm_expire <= self._clock.now()):
            raise InvalidCredentials("the access key is not valid")
        return Identity(key.customer_id, key.id)

    async def ensure_default(self, access_key: str | None) -> tuple[Identity, str | None]:
        """Make the first customer, and a key: the one given, else a fresh one where there is none.

        The token is returned only if it was made here and now.
        """
        async with self._store.transaction() as tx:
            customer_id = await self._first_customer(tx)
            if access_key:
                known = await tx.access.find_key(_digest(access_key))
                key = known or await self._add_key(tx, customer_id, access_key)
                return Identity(key.customer_id, key.id), None
            if first := await tx.access.first_key(customer_id):
                return Identity(customer_id, first.id), None
            token = _new_token()
            key = await self._add_key(tx, customer_id, token)
            return Identity(customer_id, key.id), token

    async def renew(self, customer_id: CustomerId, name: str) -> str:
        """Replace the customer's keys of this name by a fresh one, and tell it."""
        token = _new_token()
        async with self._store.transaction() as tx:
            await tx.access.delete_keys(customer_id, name, self._clock.now())
            await self._add_key(tx, customer_id, token, name)
        return token

    async def _first_customer(self, tx: Transaction) -> CustomerId:
        customer_id = await tx.access.first_customer()
        if customer_id is None:
            customer_id = CustomerId(new_id())
            await tx.access.add_customer(customer_id, "default", self._clock.now())
            await tx.outbox.open(customer_id)
        return customer_id

    async def _add_key(
        self, tx: Transaction, customer_id: CustomerId, token: str, name: str = "default"
    ) -> AccessKey:
        key = AccessKey(
            id=AccessKeyId(new_id()),
            customer_id=customer_id,
            name=name,
            detail="",
            token_sha256=_digest(token),
            token_prefix=token[:_PREFIX_LENGTH],
            tm_create=self._clock.now(),
        )
        await tx.access.add_key(key)
        return key


def _new_token() -> str:
    return _TOKEN_MARK + secrets.token_urlsafe(_TOKEN_BYTES)


def _digest(token: str) -> str:
    # The key is random and long: a plain digest cannot be searched, and lets the key be looked up.
    return hashlib.sha256(token.encode()).hexdigest()
