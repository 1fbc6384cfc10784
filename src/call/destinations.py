"""Destinations: the targets that the destination of a call gives (api.md section 5.2).

destination: a number of the customer, with a flow -> a call within the server, which runs the flow
             another number, a SIP address         -> one target
             an extension, an agent                -> a target for each of its phones
"""

from uuid import UUID

from mixminus.call.leg import Target
from mixminus.call.outbound import OutboundRoutes, address_of, sip_target, tel_target
from mixminus.model.call import Address
from mixminus.model.ids import NIL, AgentId, CustomerId
from mixminus.store.database import Store

__all__ = ["Destinations"]


class Destinations:
    """Looks up targets; a destination of another customer has none."""

    def __init__(self, store: Store, routes: OutboundRoutes) -> None:
        self._store = store
        self._routes = routes

    async def targets(self, customer_id: CustomerId, destination: Address) -> list[Target]:
        """Return the targets of a destination; empty if it cannot be called."""
        match destination.type:
            case "sip":
                found = [sip_target(destination, await self._routes.srtp_of(customer_id))]
            case "tel":
                found = [await self._number(customer_id, destination)]
            case "extension":
                name = destination.target_name or destination.target
                return list(await self._routes.contacts(customer_id, name))
            case "agent":
                return await self._agent(customer_id, destination.target)
            case _:
                found = []
        return [target for target in found if target]

    async def _number(self, customer_id: CustomerId, destination: Address) -> Target | None:
        """Return a target within the server for the customer's own number, else one of its trunk or carrier."""
        digits = destination.target.removeprefix("tel:")
        async with self._store.snapshot() as tx:
            number = await tx.numbers.find_dialled(digits) if digits else None
        if number and number.customer_id == customer_id and number.call_flow_id != NIL:
            return Target(f"tel:{number.number}", within=customer_id)
        return tel_target(destination, await self._routes.carriers_of(customer_id))

    async def _agent(self, customer_id: CustomerId, agent_id: str) -> list[Target]:
        try:
            wanted = AgentId(UUID(agent_id))
        except ValueError:
            return []
        async with self._store.snapshot() as tx:
            agent = await tx.agents.find(wanted)
        if agent is None or agent.customer_id != customer_id or agent.tm_delete is not None:
            return []
        addresses = [address for raw in agent.addresses if (address := address_of(raw))]
        return [target for address in addresses for target in await self.targets(customer_id, address)]
