"""OutboundRoutes: where outgoing calls to extensions and to outside numbers are sent."""

from collections.abc import Sequence
from dataclasses import replace

from mixminus.call.leg import Target
from mixminus.call.outbound import Carrier
from mixminus.directory.registrations import RegistrationService
from mixminus.directory.trunks import TrunkService
from mixminus.model.directory import Binding, Trunk
from mixminus.model.ids import CustomerId, ExtensionId
from mixminus.model.signalling import CallerPolicy
from mixminus.model.srtp import Encryption, SrtpPolicy, first_policy
from mixminus.store.database import Store

__all__ = ["OutboundRoutes"]


class OutboundRoutes:
    """Implements ``call.outbound.OutboundRoutes``."""

    def __init__(
        self,
        store: Store,
        registrations: RegistrationService,
        trunks: TrunkService,
        carrier: Carrier | None,
    ) -> None:
        """``carrier`` is used by customers without a trunk of their own."""
        self._store = store
        self._registrations = registrations
        self._trunks = trunks
        self._carrier = carrier

    async def contacts(self, customer_id: CustomerId, extension: str) -> Sequence[Target]:
        """Return every phone of an extension, reached by the flow it registered over, at whichever node."""
        bindings = await self._registrations.phones_of(customer_id, extension)
        policy = await self._extension_srtp(bindings[0].extension_id) if bindings else ""
        return [self._target(binding, policy) for binding in bindings]

    def _target(self, binding: Binding, policy: SrtpPolicy) -> Target:
        relay = self._registrations.relay_to(binding)
        hop = binding if self._registrations.has_flow_of(binding) else None
        return Target(
            binding.contact,
            hop=relay.hop if relay else hop,
            route=(relay.route,) if relay else binding.path,
            faces=binding.host if relay else "",
            in_browser=binding.transport == "wss",
            account_id=binding.extension_id,
            # A phone whose signalling is encrypted gets the keys for its audio; others would get them in plain text.
            encryption=policy or ("optional" if binding.transport == "tls" else "never"),
        )

    async def _extension_srtp(self, extension_id: ExtensionId) -> SrtpPolicy:
        async with self._store.snapshot() as tx:
            extension = await tx.extensions.find(extension_id)
            if extension is None:
                return ""
            return first_policy(extension.srtp, await tx.customers.srtp_of(extension.customer_id))

    async def carriers_of(self, customer_id: CustomerId) -> Sequence[Carrier]:
        """Return the carriers of the customer's calls to numbers, in the order in which they are tried."""
        trunks = await self._trunks.outgoing(customer_id)
        policy = await self.srtp_of(customer_id)
        if trunks:
            return [_carrier(trunk, policy) for trunk in trunks]
        if self._carrier and policy and self._carrier.encryption != "required":
            return [replace(self._carrier, encryption=policy)]
        return [self._carrier] if self._carrier else []

    async def srtp_of(self, customer_id: CustomerId) -> SrtpPolicy:
        """Return the customer's policy about SRTP."""
        return await self._store.read(lambda tx: tx.customers.srtp_of(customer_id))


def _carrier(trunk: Trunk, customers: SrtpPolicy) -> Carrier:
    host, port = _split(trunk.outbound_host)
    signalled: Encryption = "optional" if trunk.outbound_transport == "tls" else "never"
    policy = CallerPolicy(
        from_domain=trunk.from_domain,
        identity_header=trunk.identity_header,
        diversion_header=trunk.diversion_header,
    )
    return Carrier(
        host,
        port,
        trunk.outbound_transport,
        trunk.username,
        trunk.password,
        first_policy(trunk.srtp, customers) or signalled,
        policy,
        trunk.outbound_proxy,
        trunk.first_response_s,
        trunk.media_timeout_s,
    )


def _split(authority: str) -> tuple[str, int]:
    """Split ``host``, ``host:port``, ``[v6]`` or ``[v6]:port`` into host and port, 0 if there is none."""
    if authority.startswith("["):
        host, _, rest = authority[1:].partition("]")
        return host, int(rest.removeprefix(":") or 0)
    host, _, port = authority.partition(":")
    return host, int(port or 0)
