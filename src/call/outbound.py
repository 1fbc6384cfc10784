"""Outbound: an order to dial, and the targets that its destinations give (api.md section 5.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol
from urllib.parse import quote
from uuid import UUID

from mixminus.call.leg import Credentials, Target
from mixminus.call.routing import Program
from mixminus.hosts import bracketed
from mixminus.model.call import Address, Diversion
from mixminus.model.directory import Transport
from mixminus.model.ids import CustomerId
from mixminus.model.signalling import FROM_ONLY, MAX_FORWARDS, CallerPolicy
from mixminus.model.srtp import Encryption, SrtpPolicy

__all__ = [
    "Carrier",
    "Flows",
    "Order",
    "OutboundRoutes",
    "address_of",
    "kept_variables",
    "sip_target",
    "tel_target",
]

_RESERVED: Final = "voipbin."
_SCHEMES: Final = ("sip:", "sips:")
_DIALLED: Final = frozenset("0123456789*#")


@dataclass(frozen=True, slots=True)
class Order:
    """Destinations to dial, the caller to show, and the program that the calls run when answered."""

    destinations: Sequence[Address]
    program: Program
    source: Address
    anonymous: bool = False
    early: bool = False
    """Start the program while the call is ringing."""
    master_call_id: UUID | None = None
    """A call; the dialled calls are hung up when it ends."""
    pin: str | None = None
    """The pin of the room that the calls join."""
    replaces: str = ""
    """A call elsewhere that the dialled call takes the place of (``Target.replaces``)."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Own headers of the INVITEs."""
    diversions: tuple[Diversion, ...] = ()
    """Where the calls were diverted from, the last diversion first."""
    max_forwards: int = MAX_FORWARDS
    """How many hops they may take: less than the call has that leads to them (RFC 7332)."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """The SIP provider that carries calls to telephone numbers."""

    host: str
    port: int = 0
    """0 where DNS says it (RFC 3263)."""
    transport: Transport = "udp"
    username: str = ""
    password: str = field(default="", repr=False)
    encryption: Encryption = "never"
    policy: CallerPolicy = FROM_ONLY
    proxy: str = ""
    """Host, with or without a port, that requests are sent to; empty for ``host``."""
    first_response_s: float = 3.0
    """The time without any response after which the next server is tried, or the next carrier."""
    media_timeout_s: int = 0
    """The time without audio after which a called party is asked whether it is there; 0 for the server's."""

    @property
    def credentials(self) -> Credentials | None:
        return Credentials(self.username, self.password) if self.username else None


class OutboundRoutes(Protocol):
    """Finds phones of extensions and carriers of numbers: ``directory.outbound_routes.OutboundRoutes``."""

    async def contacts(self, customer_id: CustomerId, extension: str) -> Sequence[Target]:
        """Return the targets of an extension's registered phones; empty if none is registered.

        ``extension`` is its number or its id.
        """
        ...

    async def srtp_of(self, customer_id: CustomerId) -> SrtpPolicy:
        """Return the customer's policy about SRTP; empty without one."""
        ...

    async def carriers_of(self, customer_id: CustomerId) -> Sequence[Carrier]:
        """Return the carriers of a customer's calls to telephone numbers, in the order in which they are tried."""
        ...


class Flows(Protocol):
    """Reads flows: ``flow.flows.FlowService``."""

    async def program(self, customer_id: CustomerId, flow_id: UUID) -> Program:
        """Return a flow's program; raise FlowNotFound."""
        ...


def kept_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Return a client's variables without those in the reserved namespace (api.md section 5.2)."""
    return {name: value for name, value in variables.items() if not name.startswith(_RESERVED)}


def sip_target(address: Address, srtp: SrtpPolicy = "") -> Target | None:
    """Return the target of a SIP address; None if it is empty or contains white space."""
    target = address.target.strip()
    if not target or any(each.isspace() for each in target):
        return None
    uri = target if target.lower().startswith(_SCHEMES) else f"sip:{target}"
    return Target(uri, encryption=srtp or "never")


def tel_target(address: Address, carriers: Sequence[Carrier]) -> Target | None:
    """Return the target of a telephone number, with other carriers as alternatives.

    None without a carrier, or for an invalid number.
    """
    number = address.target.removeprefix("tel:")
    digits = number.removeprefix("+")
    if not carriers or not digits or not _DIALLED.issuperset(digits):
        return None
    first, *others = (_through(number, carrier) for carrier in carriers)
    return replace(first, alternatives=tuple(others))


def _through(number: str, trunk: Carrier) -> Target:
    user = quote(number, safe="+*")
    port = f":{trunk.port}" if trunk.port else ""
    transport = "" if trunk.transport == "auto" else f";transport={trunk.transport}"
    return Target(
        f"sip:{user}@{bracketed(trunk.host)}{port}{transport}",
        credentials=trunk.credentials,
        encryption=trunk.encryption,
        policy=trunk.policy,
        route=(f"sip:{trunk.proxy}{transport};lr",) if trunk.proxy else (),
        first_response_s=trunk.first_response_s,
        media_timeout_s=trunk.media_timeout_s,
    )


def address_of(raw: Mapping[str, Any]) -> Address | None:
    """Return a stored address of an agent; None if its type cannot be called."""
    kind = raw.get("type")
    if kind not in ("tel", "sip", "extension"):
        return None
    return Address(kind, str(raw.get("target", "")), str(raw.get("target_name", "")))
