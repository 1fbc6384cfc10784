"""Access keys: created at the first start or on demand, accepted, stored as digests, deleted."""

from pathlib import Path

import pytest

from mixminus.access.errors import AccessKeyNotFound, ExpiresTooSoon, InvalidCredentials
from mixminus.access.service import AccessService
from mixminus.access.tokens import prefix
from mixminus.model.ids import CustomerId, new_id
from mixminus.store.database import Store
from tests.support.clock import ManualClock
from tests.support.database import content

DAY_S = 86_400


async def test_the_first_start_creates_a_key_and_returns_it_once(access: AccessService) -> None:
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


async def test_a_given_key_may_look_like_a_session(access: AccessService) -> None:
    identity, _ = await access.ensure_default("a.b.c")
    assert await access.authenticate("a.b.c") == identity


async def test_a_key_given_later_belongs_to_the_same_customer(access: AccessService) -> None:
    first, token = await access.ensure_default(None)
    second, _ = await access.ensure_default("another")
    assert token is not None
    assert second.customer_id == first.customer_id
    assert second.access_key_id != first.access_key_id
    assert (await access.authenticate(token)).access_key_id == first.access_key_id


@pytest.mark.parametrize("token", ["", "vb_", "vb_unknown", "\x00", "é" * 1000, "\udcff", "a.b.c"])
@pytest.mark.parametrize("keys_only", [False, True])
async def test_an_unknown_key_is_refused(access: AccessService, token: str, keys_only: bool) -> None:
    await access.ensure_default(None)
    with pytest.raises(InvalidCredentials) as refusal:
        await access.authenticate(token, keys_only=keys_only)
    assert refusal.value.reason == "INVALID_CREDENTIALS"


async def test_a_key_lives_as_long_as_was_asked(access: AccessService, clock: ManualClock) -> None:
    identity, _ = await access.ensure_default(None)
    key, token = await access.keys.create(identity.customer_id, name="n", detail="d", life_s=DAY_S)
    clock.advance(DAY_S - 1)
    assert (await access.authenticate(token)).access_key_id == key.id
    clock.advance(1)
    with pytest.raises(InvalidCredentials):
        await access.authenticate(token)


@pytest.mark.parametrize("life_s", [-1, 0, DAY_S - 1])
async def test_a_key_for_less_than_a_day_is_refused(access: AccessService, life_s: int) -> None:
    identity, _ = await access.ensure_default(None)
    with pytest.raises(ExpiresTooSoon):
        await access.keys.create(identity.customer_id, name="", detail="", life_s=life_s)


async def test_a_revoked_key_opens_nothing_and_is_still_shown(access: AccessService) -> None:
    identity, _ = await access.ensure_default("other")
    key, token = await access.keys.create(identity.customer_id, name="", detail="", life_s=DAY_S)
    gone = await access.keys.delete(identity.customer_id, key.id)
    assert gone.tm_delete is not None
    assert await access.keys.delete(identity.customer_id, key.id) == gone
    assert await access.keys.get(identity.customer_id, key.id) == gone
    with pytest.raises(InvalidCredentials):
        await access.authenticate(token)


async def test_a_key_of_another_customer_is_none(access: AccessService) -> None:
    identity, _ = await access.ensure_default("key")
    assert identity.access_key_id is not None
    with pytest.raises(AccessKeyNotFound):
        await access.keys.get(CustomerId(new_id()), identity.access_key_id)


async def test_renewing_replaces_the_keys_of_that_name(access: AccessService) -> None:
    identity, _ = await access.ensure_default("other")
    first = await access.keys.renew(identity.customer_id, "demo")
    second = await access.keys.renew(identity.customer_id, "demo")
    assert (await access.authenticate(second)).customer_id == identity.customer_id
    assert await access.authenticate("other") == identity
    with pytest.raises(InvalidCredentials):
        await access.authenticate(first)


@pytest.mark.parametrize(
    ("token", "shown"), [("vb_" + "x" * 43, "vb_xxxxxxxx"), ("short", "sh"), ("k", ""), ("a" * 22, "a" * 11)]
)
def test_a_prefix_never_shows_more_than_half(token: str, shown: str) -> None:
    assert prefix(token) == shown


async def test_the_database_never_sees_the_key(access: AccessService, store: Store, tmp_path: Path) -> None:
    _, token = await access.ensure_default(None)
    assert token is not None
    await store.close()
    kept = content(tmp_path)
    assert token.encode() not in kept
    assert token[:11].encode() in kept
