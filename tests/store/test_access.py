"""Access keys: made at first start, known again, kept as digests."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from mixminus.ids import AccessKeyId, new_id
from mixminus.store.access import AccessService, InvalidCredentials
from mixminus.store.access_keys import AccessKey
from mixminus.store.database import Store
from tests.support.clock import ManualClock
from tests.support.database import content


@pytest.fixture
def access(store: Store) -> AccessService:
    return AccessService(store, ManualClock())


async def test_a_first_start_makes_a_key_and_tells_it_once(access: AccessService) -> None:
    identity, token = await access.ensure_default(None)
    assert token is not None
    assert token.startswith("vb_")
    assert await access.authenticate(token) == identity
    assert await access.ensure_default(None) == (identity, None)


async def test_a_given_key_is_taken_as_written(access: AccessService) -> None:
    identity, token = await access.ensure_default("my key, with spaces")
    assert token is None
    assert await access.authenticate("my key, with spaces") == identity
    assert (await access.ensure_default("my key, with spaces"))[0] == identity


async def test_a_key_given_later_belongs_to_the_same_customer(access: AccessService) -> None:
    first, token = await access.ensure_default(None)
    second, _ = await access.ensure_default("another")
    assert token is not None
    assert second.customer_id == first.customer_id
    assert second.access_key_id != first.access_key_id
    assert (await access.authenticate(token)).access_key_id == first.access_key_id


@pytest.mark.parametrize("token", ["", "vb_", "vb_unknown", "\x00", "é" * 1000])
async def test_an_unknown_key_is_refused(access: AccessService, token: str) -> None:
    await access.ensure_default(None)
    with pytest.raises(InvalidCredentials) as refusal:
        await access.authenticate(token)
    assert refusal.value.reason == "INVALID_CREDENTIALS"


async def test_an_expired_key_is_refused(store: Store) -> None:
    clock = ManualClock()
    access = AccessService(store, clock)
    identity, _ = await access.ensure_default("first")
    key = AccessKey(
        id=AccessKeyId(new_id()),
        customer_id=identity.customer_id,
        name="for a day",
        detail="",
        token_sha256=hashlib.sha256(b"second").hexdigest(),
        token_prefix="second",
        tm_create=clock.now(),
        tm_expire=clock.now() + timedelta(days=1),
    )
    async with store.transaction() as tx:
        await tx.access.add_key(key)
    assert (await access.authenticate("second")).access_key_id == key.id
    clock.advance(86_400)
    with pytest.raises(InvalidCredentials):
        await access.authenticate("second")


async def test_the_database_never_sees_the_key(store: Store, tmp_path: Path) -> None:
    _, token = await AccessService(store, ManualClock()).ensure_default(None)
    assert token is not None
    await store.close()
    kept = content(tmp_path)
    assert token.encode() not in kept
    assert token[:11].encode() in kept
