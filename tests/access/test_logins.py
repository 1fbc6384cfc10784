"""Logins and sessions: created by a password, valid for a week, and bound to one agent."""

import asyncio
from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from mixminus.access import sessions
from mixminus.access.errors import InvalidCredentials, PasswordsBusy
from mixminus.access.passwords import Passwords
from mixminus.access.service import ADMIN_USERNAME, AccessService
from mixminus.model.access import AgentSpec
from mixminus.model.ids import AgentId, new_id
from mixminus.model.permissions import Permission
from mixminus.store.database import Store
from tests.support.clock import ManualClock
from tests.support.database import content

SECRET = "s" * 32
WEEK_S = 7 * 86_400


async def test_the_first_start_creates_an_admin_and_returns_the_password_once(access: AccessService) -> None:
    password = await access.ensure_admin(None)
    assert password is not None
    assert await access.ensure_admin(None) is None
    login = await access.log_in(ADMIN_USERNAME, password)
    identity = await access.authenticate(login.token)
    assert identity.permission == Permission.ALL
    assert identity.customer_id == (await access.ensure_default(None))[0].customer_id


async def test_a_given_password_is_the_admins_from_then_on(access: AccessService) -> None:
    made = await access.ensure_admin(None)
    assert await access.ensure_admin("given by the operator") is None
    assert await access.ensure_admin(None) is None
    await access.log_in(ADMIN_USERNAME, "given by the operator")
    with pytest.raises(InvalidCredentials):
        await access.log_in(ADMIN_USERNAME, made or "")


async def test_a_given_password_that_is_theirs_ends_no_session(access: AccessService) -> None:
    await access.ensure_admin("given by the operator")
    login = await access.log_in(ADMIN_USERNAME, "given by the operator")
    await access.ensure_admin("given by the operator")
    await access.authenticate(login.token)


async def test_a_given_password_brings_a_deleted_admin_back(access: AccessService, store: Store) -> None:
    await access.ensure_admin("given by the operator")
    boss = await access.authenticate((await access.log_in(ADMIN_USERNAME, "given by the operator")).token)
    await access.agents.create(boss, AgentSpec("other", "another one", permission=Permission.ALL))
    other = await access.authenticate((await access.log_in("other", "another one")).token)
    assert boss.agent_id is not None
    await access.agents.set_permission(other, boss.agent_id, Permission.NONE)
    await access.agents.delete(other, boss.agent_id)
    assert await access.ensure_admin(None) is None
    with pytest.raises(InvalidCredentials):
        await access.log_in(ADMIN_USERNAME, "given by the operator")
    await access.ensure_admin("given by the operator")
    login = await access.log_in(ADMIN_USERNAME, "given by the operator")
    assert await access.authenticate(login.token) == boss


async def test_a_session_lasts_a_week_and_a_restart(
    access: AccessService, store: Store, clock: ManualClock
) -> None:
    await access.ensure_admin("a password")
    token = (await access.log_in(ADMIN_USERNAME, "a password")).token
    clock.advance(WEEK_S - 1)
    identity = await AccessService(store, clock).authenticate(token)
    assert identity.agent_id is not None
    clock.advance(1)
    with pytest.raises(InvalidCredentials):
        await access.authenticate(token)


@pytest.mark.parametrize("username", ["", "nobody", "Admin", "admin "])
async def test_who_is_not_known_is_refused(access: AccessService, username: str) -> None:
    await access.ensure_admin("a password")
    with pytest.raises(InvalidCredentials):
        await access.log_in(username, "a password")


@pytest.mark.parametrize("password", ["", "a passwor", "a password ", "x" * 100_000, "\x00"])
async def test_a_wrong_password_is_refused(access: AccessService, password: str) -> None:
    await access.ensure_admin("a password")
    with pytest.raises(InvalidCredentials):
        await access.log_in(ADMIN_USERNAME, password)


async def test_a_session_is_no_key(access: AccessService) -> None:
    await access.ensure_admin("a password")
    token = (await access.log_in(ADMIN_USERNAME, "a password")).token
    with pytest.raises(InvalidCredentials):
        await access.authenticate(token, keys_only=True)


def test_a_token_has_the_claims_of_the_contract() -> None:
    clock = ManualClock()
    agent_id = AgentId(new_id())
    now = clock.now()
    token = sessions.sign({"id": str(agent_id), "username": "u"}, now=now, secret=SECRET)
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    claims = jwt.decode(token, SECRET, ["HS256"])
    assert claims["type"] == "agent"
    assert claims["agent"] == {"id": str(agent_id), "username": "u"}
    assert claims["expire"] == "2030-01-08T00:00:00.000001Z"
    assert sessions.read(token, now=now, secret=SECRET) == sessions.Session(agent_id, now)


CLAIMS = {"type": "agent", "agent": {"id": str(new_id())}, "expire": "2030-01-08T00:00:00.000000Z"}


@pytest.mark.parametrize(
    ("claims", "secret", "algorithm"),
    [
        pytest.param(CLAIMS, "t" * 32, "HS256", id="signed by another"),
        pytest.param(CLAIMS, None, "none", id="not signed"),
        pytest.param(CLAIMS, SECRET * 2, "HS512", id="another algorithm"),
        pytest.param({**CLAIMS, "type": "direct"}, SECRET, "HS256", id="another type"),
        pytest.param({**CLAIMS, "agent": {}}, SECRET, "HS256", id="no agent"),
        pytest.param({**CLAIMS, "agent": "x"}, SECRET, "HS256", id="agent is no object"),
        pytest.param({**CLAIMS, "expire": 1}, SECRET, "HS256", id="expire is a number"),
        pytest.param({**CLAIMS, "expire": "soon"}, SECRET, "HS256", id="expire is no time"),
        pytest.param({"type": "agent"}, SECRET, "HS256", id="claims missing"),
        pytest.param({**CLAIMS, "expire": "2029-12-31T23:59:59.999999Z"}, SECRET, "HS256", id="expired"),
    ],
)
def test_other_tokens_are_no_sessions(claims: dict[str, object], secret: str | None, algorithm: str) -> None:
    token = jwt.encode(claims, secret or "", algorithm)
    assert sessions.read(token, now=ManualClock().now(), secret=SECRET) is None


def test_expiry_is_exact() -> None:
    now = ManualClock().now()
    token = sessions.sign({"id": str(new_id())}, now=now, secret=SECRET)
    last = now + sessions.LIFE - timedelta(microseconds=1)
    assert sessions.read(token, now=last, secret=SECRET)
    assert sessions.read(token, now=now + sessions.LIFE, secret=SECRET) is None


async def test_the_database_never_sees_a_password(
    access: AccessService, store: Store, tmp_path: Path
) -> None:
    password = await access.ensure_admin(None)
    await store.close()
    kept = content(tmp_path)
    assert password
    assert password.encode() not in kept
    assert b"$argon2id$" in kept


async def test_passwords_are_checked_a_few_at_a_time_and_never_without_end() -> None:
    passwords = Passwords()
    known = await passwords.hash("a password")
    results = await asyncio.gather(
        *(passwords.matches(known, "a password") for _ in range(50)), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, PasswordsBusy)]
    assert [result for result in results if result is True] == [True] * (50 - len(refused))
    assert passwords.counters["access.passwords_refused"] == len(refused) > 0
    assert await passwords.matches(known, "a password")


async def test_what_is_no_hash_matches_nothing() -> None:
    assert not await Passwords().matches("", "")
    assert not await Passwords().matches(None, "")
    assert not await Passwords().matches("not a hash", "x")


async def test_the_first_requests_of_all_agree_on_what_signs_sessions(
    store: Store, clock: ManualClock
) -> None:
    """Two servers on one PostgreSQL, or two requests of one: the second uses the key that the first has created."""
    backends = [AccessService(store, clock) for _ in range(8)]
    await backends[0].ensure_admin("given by the operator")
    logins = await asyncio.gather(
        *(each.log_in(ADMIN_USERNAME, "given by the operator") for each in backends[:3])
    )
    for login in logins:
        await asyncio.gather(*(each.authenticate(login.token) for each in backends))
