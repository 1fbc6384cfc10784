"""Secrets in the database are encrypted: from the first start, after an upgrade, and when the key is rotated."""

import base64
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mixminus.access.service import AccessService
from mixminus.app.secret_keys import key_file, open_cipher, rotate_key
from mixminus.app.settings import BadSettings, Settings, load
from mixminus.directory.service import DirectoryServices, open_directory
from mixminus.errors import Conflict, Unavailable
from mixminus.flow.flows import FlowService
from mixminus.model.access import CustomerSpec
from mixminus.model.directory import ExtensionSpec, TrunkSpec
from mixminus.model.ids import CustomerId
from mixminus.store.cipher import Cipher, DecryptionFailed
from mixminus.store.database import Store
from mixminus.store.idempotency import Attempt
from tests.support.clock import ManualClock
from tests.support.database import content, database_url, execute

PASSWORD, TRUNK_PASSWORD, ANSWER = "phone-password-1", "trunk-password-2", b'{"password": "answer-3"}'
OTHER_KEY = base64.b64encode(b"k" * 32).decode()


@dataclass(frozen=True, slots=True)
class Opened:
    store: Store
    directory: DirectoryServices
    customer_id: CustomerId
    access: AccessService


def settings_of(folder: Path, **given: Any) -> Settings:
    return load(data_dir=folder, database_url=database_url(folder), **given)


@asynccontextmanager
async def opened(settings: Settings, cipher: Cipher | None = None) -> AsyncIterator[Opened]:
    """Open the database as the server does at its start; with a cipher, as a version of the server that has it."""
    clock, url = ManualClock(), settings.database
    store = Store(url, cipher=cipher or await open_cipher(settings, clock))
    try:
        access = AccessService(store, clock)
        identity, _ = await access.ensure_default(None)
        directory = open_directory(
            store, clock, domain="x.example", names={}, flows=FlowService(store, clock)
        )
        yield Opened(store, directory, identity.customer_id, access)
    finally:
        await store.close()


async def fill(at: Opened) -> None:
    """Store a secret in each column that holds some."""
    await at.directory.extensions.create(at.customer_id, ExtensionSpec(extension="100", password=PASSWORD))
    trunk = TrunkSpec(domain_name="t", auth_types=("basic",), username="u", password=TRUNK_PASSWORD)
    await at.directory.trunks.create(at.customer_id, trunk)
    async with at.store.transaction() as tx:
        now = ManualClock().now()
        await tx.idempotency.add(Attempt(at.customer_id, "a", "f", now, 200, (), ANSWER))
        await tx.idempotency.add(Attempt(at.customer_id, "b", "f", now))
        await tx.secrets.add("test", "server-secret-4")


async def secrets_in(at: Opened) -> tuple[object, ...]:
    """Return the secrets of ``fill``, and that of the customer's webhooks."""
    async with at.store.snapshot() as tx:
        extension = await tx.extensions.find_named("100")
        trunk = await tx.trunks.find_named("t")
        answer = await tx.idempotency.find(at.customer_id, "a")
        waiting = await tx.idempotency.find(at.customer_id, "b")
        customer = await tx.customers.find(at.customer_id)
        server = await tx.secrets.find("test")
    assert extension and trunk and answer and waiting and customer
    assert waiting.body is None
    return extension.password, trunk.password, answer.body, server, customer.webhook_secret


def is_encrypted(folder: Path, secrets: tuple[object, ...]) -> bool:
    stored = content(folder)
    return not any((each if isinstance(each, bytes) else str(each).encode()) in stored for each in secrets)


async def test_every_secret_is_encrypted_from_the_first_start_on(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    async with opened(settings) as at:
        await fill(at)
        found = await secrets_in(at)
    assert found[:4] == (PASSWORD, TRUNK_PASSWORD, ANSWER, "server-secret-4")
    assert is_encrypted(tmp_path, found)
    assert stat.S_IMODE(key_file(settings).stat().st_mode) == 0o600
    async with opened(settings) as at:
        assert await secrets_in(at) == found


async def test_the_plain_secrets_of_an_earlier_version_are_encrypted_and_leave_no_trace(
    tmp_path: Path,
) -> None:
    settings = settings_of(tmp_path)
    async with opened(settings, Cipher()) as at:
        await fill(at)
        plain = await secrets_in(at)
    assert not is_encrypted(tmp_path, plain[:1])
    async with opened(settings) as at:
        assert await secrets_in(at) == plain
    assert is_encrypted(tmp_path, plain)


async def test_a_server_without_the_key_does_not_start_and_makes_no_other_one(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    async with opened(settings) as at:
        await fill(at)
    kept = key_file(settings).read_bytes()
    key_file(settings).unlink()
    with pytest.raises(
        Unavailable, match=r"key .* is missing: it must be in .*secrets\.key or MIXMINUS_SECRETS_KEY"
    ):
        await open_cipher(settings, ManualClock())
    assert not key_file(settings).exists()
    key_file(settings).write_text(OTHER_KEY)
    with pytest.raises(Unavailable, match="is not the right one"):
        await open_cipher(settings, ManualClock())
    key_file(settings).write_text("nonsense")
    with pytest.raises(Unavailable, match=r"secrets\.key is damaged"):
        await open_cipher(settings, ManualClock())
    key_file(settings).write_bytes(kept)
    async with opened(settings) as at:
        assert (await secrets_in(at))[0] == PASSWORD


async def test_a_rotated_key_replaces_the_one_before(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    async with opened(settings) as at:
        await fill(at)
        before = await secrets_in(at)
    old = key_file(settings).read_text()
    new_id = await rotate_key(settings, ManualClock())
    new = key_file(settings).read_text()
    assert new != old
    assert len(new.split()) == 1
    async with opened(settings) as at:
        assert await secrets_in(at) == before
        async with at.store.snapshot() as tx:
            assert list(await tx.encryption.needed()) == [new_id]
    key_file(settings).write_text(old)
    with pytest.raises(Unavailable, match="is not the right one"):
        await open_cipher(settings, ManualClock())


async def test_a_rotation_that_was_interrupted_is_completed_at_the_next_start(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    async with opened(settings) as at:
        await fill(at)
        before = await secrets_in(at)
    old = key_file(settings).read_text()
    key_file(settings).write_text(f"{OTHER_KEY}\n{old}")  # killed before the database was written
    async with opened(settings) as at:
        assert await secrets_in(at) == before
    key_file(settings).write_text(OTHER_KEY)
    async with opened(settings) as at:
        assert await secrets_in(at) == before


async def test_the_key_of_the_setting_is_used_and_the_file_only_decrypts(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    async with opened(settings) as at:
        await fill(at)
        before = await secrets_in(at)
    given = settings_of(tmp_path, secrets_key=OTHER_KEY)
    async with opened(given) as at:
        assert await secrets_in(at) == before
    with pytest.raises(Conflict, match="set it to NEW,OLD"):
        await rotate_key(given, ManualClock())
    key_file(settings).unlink()
    async with opened(given) as at:
        assert await secrets_in(at) == before


@pytest.mark.parametrize("text", ["short", "a" * 44, base64.b64encode(b"x" * 31).decode()])
def test_a_key_that_is_none_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(BadSettings, match="MIXMINUS_SECRETS_KEY.*32 bytes in base64") as refused:
        load(secrets_key=text)
    assert text not in str(refused.value)


async def test_a_password_that_was_copied_to_another_row_is_refused(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    async with opened(settings) as at:
        await fill(at)
        await at.directory.extensions.create(
            at.customer_id, ExtensionSpec(extension="200", password="another")
        )
    execute(
        tmp_path,
        "UPDATE extensions SET password = (SELECT password FROM extensions WHERE extension = '100') "
        "WHERE extension = '200';",
    )
    async with opened(settings) as at, at.store.snapshot() as tx:
        with pytest.raises(DecryptionFailed, match="was changed in the database"):
            await tx.extensions.find_named("200")


async def test_a_new_customer_has_an_encrypted_webhook_secret(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    async with opened(settings) as at:
        admin = await at.access.ensure_admin("admin")
        assert admin is None
        found = await at.access.log_in("admin", "admin")
        identity = await at.access.authenticate(found.token)
        customer = await at.access.customers.create(identity, CustomerSpec(name="new"))
    assert is_encrypted(tmp_path, (customer.webhook_secret,))
