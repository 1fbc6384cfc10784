"""OutboundRoutes: where outgoing calls to extensions and to outside numbers are sent."""

from collections.abc import Sequence

from mixminus.call.leg import Encryption, Target
from mixminus.call.outbound import Carrier
from mixminus.directory.registrations import RegistrationService
from mixminus.directory.trunks import TrunkService
from mixminus.model.directory import Trunk
from mixminus.model.ids import CustomerId
from mixminus.model.signalling import CallerPolicy

__all__ = ["OutboundRoutes"]


class OutboundRoutes:
    """Implements ``call.outbound.OutboundRoutes``."""

    def __init__(
        self, registrations: RegistrationService, trunks: TrunkService, carrier: Carrier | None
    ) -> None:
        """``carrier`` is used by customers without a trunk of their own."""
        self._registrations = registrations
        self._trunks = trunks
        self._carrier = carrier

    async def contacts(self, customer_id: CustomerId, extension: str) -> Sequence[Target]:
        """Return every phone of an extension, reached by the flow it registered over."""
        bindings = await self._registrations.phones_of(customer_id, extension)
        return [
            Target(
                binding.contact,
                hop=binding,
                account_id=binding.extension_id,
                # A phone whose signalling is encrypted gets the keys for its audio; others would get them in plain text.
                encryption="optional" if binding.transport == "tls" else "never",
            )
            for binding in bindings
        ]

    async def trunk_for(self, customer_id: CustomerId) -> Carrier | None:
        """Return the carrier of the customer's calls to numbers, None if there is none."""
        trunk = await self._trunks.trunk_for(customer_id)
        return _carrier(trunk) if trunk else self._carrier


def _carrier(trunk: Trunk) -> Carrier:
    host, port = _split(trunk.outbound_host)
    encryption: Encryption = "optional" if trunk.outbound_transport == "tls" else "never"
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
        encryption,
        policy,
        trunk.outbound_proxy,
    )


def _split(authority: str) -> tuple[str, int]:
    """Split ``host``, ``host:port``, ``[v6]`` or ``[v6]:port`` into host and port, 0 if there is none."""
    if authority.startswith("["):
        host, _, rest = authority[1:].partition("]")
        return host, int(rest.removeprefix(":") or 0)
    host, _, port = authority.partition(":")
    return host, int(port or 0)
