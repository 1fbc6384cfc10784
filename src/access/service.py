"""AccessService: authenticates access keys, sessions and guest links, and creates the first ones (api.md section 10)."""

from contextlib import suppress
from dataclasses import replace
from typing import Final

from mixminus.access import sessions
from mixminus.access.agents import AgentService, new_agent
from mixminus.access.audits import AuditService
from mixminus.access.customers import CustomerService, open_customer
from mixminus.access.errors import AccountFrozen, InvalidCredentials
from mixminus.access.guest_links import GuestLinkService
from mixminus.access.keys import KeyService, add_key
from mixminus.access.operators import Operators
from mixminus.access.passwords import Passwords
from mixminus.access.tokens import digest, new_access_key, new_password, new_secret
from mixminus.clock import Clock
from mixminus.errors import AlreadyExists
from mixminus.model.access import (
    AccessKey,
    Agent,
    AgentProfile,
    AgentSpec,
    CustomerSpec,
    CustomerStatus,
    Identity,
    Login,
)
from mixminus.model.ids import CustomerId
from mixminus.model.permissions import KEYHOLDER, Permission
from mixminus.store.database import Store, Transaction
from mixminus.wire.access import AgentView

__all__ = ["ADMIN_USERNAME", "AccessService"]

ADMIN_USERNAME: Final = "admin"
SIGNING_KEY: Final = "session_signing_key"


class AccessService:
    """Authenticates access keys, sessions and guest links."""

    def __init__(
        self, store: Store, clock: Clock, *, audit_retention_days: int = 0, metrics_token: str = ""
    ) -> None:
        self._store = store
        self._clock = clock
        self._passwords = Passwords()
        self._signing_key = ""
        self.audits = AuditService(store, clock, retention_days=audit_retention_days)
        self.customers = CustomerService(store, clock)
        self.agents = AgentService(store, clock, self._passwords)
        self.keys = KeyService(store, clock)
        self.guest_links = GuestLinkService(store, clock, self._secret)
        self.operators = Operators(store, metrics_token)

    @property
    def counters(self) -> dict[str, int]:
        return {**self._passwords.counters, **self.audits.counters}

    async def close(self) -> None:
        """Write the audits that wait; closing twice is harmless."""
        await self.audits.close()

    async def authenticate(self, token: str, *, keys_only: bool = False) -> Identity:
        """Return the identity of a credential; unknown, deleted and expired ones raise the same error."""
        if not keys_only and (session := await self._session(token)):
            return await self._agent(session)
        if not keys_only and (guest := await self.guest_links.authenticate(token)):
            return _active(*guest)
        found = await self._store.read(lambda tx: tx.access_keys.find_by_digest(digest(token)))
        if found is None or _has_expired(found[0], self._clock):
            raise InvalidCredentials("the credential is not valid")
        key, status = found
        return _active(_key_identity(key), status)

    async def act_for(self, identity: Identity, customer_id: CustomerId) -> Identity:
        """Return the super admin's identity as another customer; other identities are returned unchanged."""
        if not identity.permission & Permission.PROJECT_SUPER_ADMIN:
            return identity
        customer = await self.customers.get(identity, customer_id)
        return replace(identity, customer_id=customer.id)

    async def log_in(self, username: str, password: str) -> Login:
        """Create a session; every failure looks the same and takes the same time."""
        async with self._store.snapshot() as tx:
            found = await tx.agents.find_by_username(username)
        matches = await self._passwords.matches(found[0].password_hash if found else None, password)
        if found is None or not matches:
            raise InvalidCredentials("username or password is wrong")
        agent, status = found
        _active(_identity(agent), status)
        claims = AgentView.render(agent, self._store.timestamp_style)
        token = sessions.sign(claims, now=self._clock.now(), secret=await self._secret())
        return Login(agent.username, token)

    async def agent_named(self, username: str) -> Identity | None:
        """Return the identity of an agent that has not logged in; None if there is none of this name."""
        async with self._store.snapshot() as tx:
            found = await tx.agents.find_by_username(username)
        return _identity(found[0]) if found else None

    async def ensure_default(self, access_key: str | None) -> tuple[Identity, str | None]:
        """Create the first customer if there is none, and its access key: the given one, or a new one.

        Return the token only if it is new.
        """
        async with self._store.transaction() as tx:
            customer_id = await self._first_customer(tx)
            if access_key:
                found = await tx.access_keys.find_by_digest(digest(access_key))
                key = found[0] if found else await self._default_key(tx, customer_id, access_key)
                return _key_identity(key), None
            if first := await tx.access_keys.first(customer_id):
                return _key_identity(first), None
            token = new_access_key()
            return _key_identity(await self._default_key(tx, customer_id, token)), token

    async def ensure_admin(self, password: str | None) -> str | None:
        """Create the agent ``admin`` if it does not exist, with this password or a new one.

        A given password is set at each call, and undeletes the agent; without one the agent is created
        once. Return the password only if it is new.
        """
        async with self._store.snapshot() as tx:
            known = await tx.agents.find_even_deleted(ADMIN_USERNAME)
        if known is not None and not await self._must_change(known, password):
            return None
        fresh = None if password else new_password()
        password_hash = await self._passwords.hash(password or fresh or "")
        async with self._store.transaction() as tx:
            now = self._clock.now()
            if known is not None:
                back = replace(known, password_hash=password_hash, tm_password=now, tm_delete=None)
                await tx.agents.save(replace(back, permission=Permission.ALL, tm_update=now))
            else:
                spec = AgentSpec(ADMIN_USERNAME, "", AgentProfile(name="admin"), Permission.ALL)
                customer_id = await self._first_customer(tx)
                await tx.agents.add(new_agent(customer_id, spec, password_hash, now))
        return fresh

    async def _must_change(self, admin: Agent, password: str | None) -> bool:
        if not password:
            return False
        return admin.tm_delete is not None or not await self._passwords.matches(admin.password_hash, password)

    async def _session(self, token: str) -> sessions.Session | None:
        return sessions.read(token, now=self._clock.now(), secret=await self._secret())

    async def _agent(self, session: sessions.Session) -> Identity:
        async with self._store.snapshot() as tx:
            found = await tx.agents.find_with_status(session.agent_id)
        if found is None or session.tm_begin < found[0].tm_password:
            raise InvalidCredentials("the session is over")
        agent, status = found
        return _active(_identity(agent), status)

    async def _first_customer(self, tx: Transaction) -> CustomerId:
        first = await tx.customers.first()
        customer = first or await open_customer(tx, CustomerSpec(name="default"), self._clock.now())
        return customer.id

    async def _default_key(self, tx: Transaction, customer_id: CustomerId, token: str) -> AccessKey:
        return await add_key(tx, customer_id, token, name="default", now=self._clock.now())

    async def _secret(self) -> str:
        """Return the key that signs sessions and guest links; created once and kept in the database."""
        while not self._signing_key:
            # Another request may create it between the select and the insert: then the next select finds it.
            with suppress(AlreadyExists):
                self._signing_key = await self._kept_secret()
        return self._signing_key

    async def _kept_secret(self) -> str:
        async with self._store.transaction() as tx:
            kept = await tx.secrets.find(SIGNING_KEY)
            if kept is None:
                kept = new_secret()
                await tx.secrets.add(SIGNING_KEY, kept)
        return kept


def _identity(agent: Agent) -> Identity:
    return Identity(agent.customer_id, agent.permission, agent_id=agent.id)


def _key_identity(key: AccessKey) -> Identity:
    return Identity(key.customer_id, KEYHOLDER, access_key_id=key.id)


def _active(identity: Identity, status: CustomerStatus) -> Identity:
    # The super admin can recover a frozen customer, also its own.
    if status is CustomerStatus.FROZEN and not identity.permission & Permission.PROJECT_SUPER_ADMIN:
        raise AccountFrozen("this customer is frozen")
    return identity


def _has_expired(key: AccessKey, clock: Clock) -> bool:
    return key.tm_expire is not None and key.tm_expire <= clock.now()
