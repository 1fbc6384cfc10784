"""AccountService: credentials by which the SIP edge authenticates phones and trunks, and failed logins."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.directory.realms import Realms, digest_of
from mixminus.log import get
from mixminus.model.access import CustomerStatus
from mixminus.model.directory import Trunk
from mixminus.model.ids import CustomerId, ExtensionId
from mixminus.store.database import Store, Transaction
from mixminus.store.outbox import Draft
from mixminus.wire.directory import ExtensionView

__all__ = ["Account", "AccountService"]

SHA256: Final = "sha256"
MD5: Final = "md5"

log = get("directory")


@dataclass(frozen=True, slots=True)
class Account:
    """Credentials of a username; without ``account_id`` it does not exist, which clients do not learn."""

    realm: str
    account_id: UUID | None = None
    sha256: str = field(default="", repr=False)
    """H(A1) of RFC 7616, hexadecimal; empty if no password is accepted."""
    md5: str = field(default="", repr=False)
    trusted: bool = False
    """The source address, or a certificate, authenticates; no digest is needed."""
    registered_here: bool = False
    """A phone of the extension is registered from the client's address."""


class AccountService:
    """Finds the credentials of extensions and trunks by domain and username."""

    def __init__(self, store: Store, clock: Clock, realms: Realms) -> None:
        self._store = store
        self._clock = clock
        self._realms = realms

    async def find(self, domain: str, username: str, host: str, names: Sequence[str] = ()) -> Account:
        """Return the account of a username in a domain or realm, for a client at address ``host``.

        ``names`` are the domains of the certificate that the client has presented: a trunk that accepts one of them is
        the account, unless several do and ``domain`` is none of theirs.

        A domain that belongs to no customer is ignored: the realm is then the first customer's, whatever the username,
        and if exactly one extension has the username, it is used. So does a client that answers in that realm.
        """
        async with self._store.snapshot() as tx:
            if label := self._realms.trunk_in(domain):
                return await self._trunk(tx, label, username, host, names)
            if names and (found := await tx.trunks.find_by_certificate(names)):
                owner = await tx.customers.find(found.customer_id)
                if owner and owner.status is CustomerStatus.ACTIVE:
                    return Account(self._realms.of_trunk(found.domain_name), found.id, trusted=True)
            if not domain:
                return Account("")
            customer_id = self._realms.customer_in(domain)
            named = None if customer_id is None else CustomerId(customer_id)
            first = await tx.customers.first()
            asked = first if named is None else await tx.customers.find(named)
            extension = await tx.extensions.find_named(username, named)
            if extension is None and first and first == asked:
                extension = await tx.extensions.find_named(username)
            owner = await tx.customers.find(extension.customer_id) if extension else None
            realm = self._realms.of_customer(asked.id) if asked else domain
            if extension is None or owner is None or owner.status is not CustomerStatus.ACTIVE:
                return Account(realm)
            bindings = await tx.bindings.of(extension.id, self._clock.now())
        account = _with_password(realm, extension.id, username, extension.password)
        return replace(account, registered_here=any(each.host == host for each in bindings))

    async def login_failed(self, account_id: UUID, host: str, attempts: int) -> None:
        """Publish failed logins to the extension's customer; ignore an id that is not an extension's."""
        async with self._store.transaction() as tx:
            extension = await tx.extensions.find(ExtensionId(account_id))
            if extension is None or extension.tm_delete is not None:
                return
            data = ExtensionView.render(extension, tx.timestamp_style)
            tx.outbox.add(
                Draft(
                    extension.customer_id,
                    "extension_login_failed",
                    customer_id=extension.customer_id,
                    data=data | {"source_host": host, "attempts": attempts},
                    tm=self._clock.now(),
                )
            )
        log.warning("logins failed", extension_id=str(account_id), attempts=attempts)

    async def _trunk(
        self, tx: Transaction, label: str, username: str, host: str, names: Sequence[str]
    ) -> Account:
        realm = self._realms.of_trunk(label)
        trunk = await tx.trunks.find_named(label)
        owner = await tx.customers.find(trunk.customer_id) if trunk else None
        if trunk is None or owner is None or owner.status is not CustomerStatus.ACTIVE:
            return Account(realm)
        if _is_allowed(trunk, host, names):
            return Account(realm, trunk.id, trusted=True)
        if "basic" in trunk.auth_types and username == trunk.username:
            return _with_password(realm, trunk.id, username, trunk.password)
        return Account(realm)


def _is_allowed(trunk: Trunk, host: str, names: Sequence[str]) -> bool:
    if "tls" in trunk.auth_types and not set(names).isdisjoint(trunk.certificate_names):
        return True
    return "ip" in trunk.auth_types and host in trunk.allowed_ips


def _with_password(realm: str, account_id: UUID, username: str, password: str) -> Account:
    return Account(
        realm,
        account_id,
        sha256=digest_of(SHA256, username, realm, password),
        md5=digest_of(MD5, username, realm, password),
    )
