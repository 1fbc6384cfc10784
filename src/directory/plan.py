"""DialPlan: from a dialled target to a customer and a program (api.md section 13.2); the ``call.routing.Directory``.

conference id, conference:<id>      its room, of the caller's own customer if the caller has logged in
direct.<hash>                       a room, an extension or a flow: whoever knows the hash may come
+<number>, tel:<number>             the number's flow; from an extension also out through a trunk
extension:<name>                    that extension's phones
<word>                              a name of the static table, then an extension or a number
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from uuid import UUID

from mixminus.call.leg import Caller
from mixminus.call.routing import Dialled, Kind, Program, Refused, Routed, parse_target
from mixminus.conference.admission import check_place
from mixminus.conference.errors import ConferenceFull, ConferenceLocked
from mixminus.errors import NotFound
from mixminus.model.call import Address
from mixminus.model.conference import Conference, ConferenceStatus
from mixminus.model.directory import Extension, Number, Trunk
from mixminus.model.flow import Flow
from mixminus.model.ids import NIL, ConferenceId, CustomerId, ExtensionId, TrunkId
from mixminus.store.database import Store, Transaction

__all__ = ["DialPlan", "FlowPrograms"]

FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
BUSY: Final = 486
_OPEN: Final = frozenset({ConferenceStatus.STARTING, ConferenceStatus.PROGRESSING})


class FlowPrograms(Protocol):
    """Who knows flows: ``flow.flows.FlowService`` is the one."""

    async def program(self, customer_id: CustomerId, flow_id: UUID) -> Program:
        """Return what a customer's flow does; NotFound if it has none of this id."""
        ...

    async def find_by_direct_hash(self, direct_hash: str) -> Flow | None:
        """Return the flow that a hash names."""
        ...


@dataclass(frozen=True, slots=True)
class _Way:
    """A call that is being routed."""

    source: Address
    extension: Extension | None
    """The one that calls, if it has proved itself."""

    def to(self, customer_id: CustomerId, program: Program, destination: Address) -> Routed:
        """Go there; whose extension it is that calls is told to its own customer only."""
        source = self.source
        if self.extension and self.extension.customer_id == customer_id:
            source = Address(
                type="extension", target=self.extension.extension, target_name=source.target_name
            )
        return Routed(customer_id, program, source, destination)


_Found = Routed | Refused | Number | None
"""A number's flow is looked up when the snapshot is closed: who knows flows has a snapshot of its own."""


class DialPlan:
    """Looks targets up, in one snapshot of the store each."""

    def __init__(
        self, store: Store, *, names: Mapping[str, ConferenceId], flows: FlowPrograms, carrier: bool = False
    ) -> None:
        """``carrier`` says that there is a way out for customers without a trunk of their own."""
        self._store = store
        self._names = names
        self._flows = flows
        self._carrier = carrier

    async def route(self, source: Address, target: str, caller: Caller) -> Routed | Refused:
        """Return where a call goes, or the SIP status that tells why it goes nowhere."""
        dialled = parse_target(target)
        if dialled is None:
            return Refused(NOT_FOUND)
        async with self._store.snapshot() as tx:
            extension, trunk = await _callers(tx, caller)
            way = _Way(source, extension)
            found: _Found = await tx.numbers.find_dialled(dialled.target) if trunk else None
            # Who comes by a trunk's password is an exchange, and dials numbers only.
            if found is None and not (trunk and caller.account_id):
                found = await self._dial(tx, way, dialled)
        if isinstance(found, Number):
            return await self._called(way, found)
        if found is None and dialled.kind is Kind.DIRECT:
            return await self._flow(way, dialled.target) or Refused(NOT_FOUND)
        return found or Refused(NOT_FOUND)

    async def _dial(self, tx: Transaction, way: _Way, dialled: Dialled) -> _Found:
        match dialled.kind:
            case Kind.CONFERENCE:
                return await self._room(tx, way, ConferenceId(UUID(dialled.target)))
            case Kind.DIRECT:
                return await self._direct(tx, way, dialled.target)
            case Kind.NUMBER:
                number = await tx.numbers.find_dialled(dialled.target)
                return number or await self._outside(tx, way, dialled.target)
            case Kind.EXTENSION:
                return await self._extension(tx, way, dialled.target)
            case Kind.USER:
                return await self._user(tx, way, dialled.target)

    async def _user(self, tx: Transaction, way: _Way, word: str) -> _Found:
        if room_id := self._names.get(word):
            return _into(way, await tx.conferences.find(room_id))
        # One's colleagues come before numbers; for a stranger the numbers are what is published.
        if way.extension and (colleague := await self._extension(tx, way, word)):
            return colleague
        return await tx.numbers.find_dialled(word) or await self._extension(tx, way, word)

    async def _room(self, tx: Transaction, way: _Way, conference_id: ConferenceId) -> _Found:
        conference = await tx.conferences.find(conference_id)
        if conference and way.extension and conference.customer_id != way.extension.customer_id:
            return None
        return _into(way, conference)

    async def _direct(self, tx: Transaction, way: _Way, direct_hash: str) -> _Found:
        if conference := await tx.conferences.find_by_direct_hash(direct_hash):
            return _into(way, conference)
        extension = await tx.extensions.find_by_direct_hash(direct_hash)
        return _ringing(way, extension) if extension else None

    async def _flow(self, way: _Way, direct_hash: str) -> Routed | Refused | None:
        flow = await self._flows.find_by_direct_hash(direct_hash)
        if flow is None:
            return None
        destination = Address(type="sip", target=direct_hash, name=flow.name)
        return await self._run(way, flow.customer_id, flow.id, destination)

    async def _called(self, way: _Way, number: Number) -> Routed | Refused:
        """A number that runs nothing is as good as none (api.md section 13.2)."""
        if number.call_flow_id == NIL:
            return Refused(NOT_FOUND)
        destination = Address(type="tel", target=number.number, name=number.name)
        return await self._run(way, number.customer_id, number.call_flow_id, destination)

    async def _run(
        self, way: _Way, customer_id: CustomerId, flow_id: UUID, destination: Address
    ) -> Routed | Refused:
        try:
            program = await self._flows.program(customer_id, flow_id)
        except NotFound:
            return Refused(NOT_FOUND)
        return way.to(customer_id, program, destination)

    async def _extension(self, tx: Transaction, way: _Way, name: str) -> Routed | None:
        owner = way.extension.customer_id if way.extension else None
        extension = await tx.extensions.find_named(name, owner)
        return _ringing(way, extension) if extension else None

    async def _outside(self, tx: Transaction, way: _Way, digits: str) -> Routed | None:
        """Let an extension call a number that is not here, if there is a way out."""
        if way.extension is None:
            return None
        customer_id = way.extension.customer_id
        if not self._carrier and await tx.trunks.outgoing(customer_id) is None:
            return None
        destination = Address(type="tel", target=digits)
        return way.to(customer_id, _connect(way, customer_id, destination), destination)


async def _callers(tx: Transaction, caller: Caller) -> tuple[Extension | None, Trunk | None]:
    """Return who has proved itself; an address is proof for a trunk that allows it."""
    if caller.account_id is None:
        return None, await tx.trunks.find_by_address(caller.host) if caller.host else None
    if extension := await tx.extensions.find(ExtensionId(caller.account_id)):
        return extension, None
    return None, await tx.trunks.find(TrunkId(caller.account_id))


def _into(way: _Way, conference: Conference | None) -> Routed | Refused | None:
    """Go into a room that is open and has a place."""
    if conference is None or conference.status not in _OPEN:
        return None
    try:
        check_place(conference.settings, len(conference.conferencecall_ids))
    except ConferenceFull:
        return Refused(BUSY)
    except ConferenceLocked:
        return Refused(FORBIDDEN)
    destination = Address(type="conference", target=str(conference.id), target_name=conference.name)
    return way.to(conference.customer_id, _join(conference), destination)


def _join(conference: Conference) -> Program:
    """Return the program that stands for dialling a conference; in a room for two, the first hears it ring."""
    join = {"type": "conference_join", "option": {"conference_id": str(conference.id)}}
    return Program((join,) if conference.type == "connect" else ({"type": "answer"}, join))


def _ringing(way: _Way, extension: Extension) -> Routed:
    destination = Address(
        type="extension", target=extension.extension, target_name=extension.extension, name=extension.name
    )
    return way.to(extension.customer_id, _connect(way, extension.customer_id, destination), destination)


def _connect(way: _Way, customer_id: CustomerId, destination: Address) -> Program:
    """Return the program that rings somebody and puts the caller through."""
    source = way.to(customer_id, Program(()), destination).source
    option: dict[str, Any] = {
        "source": _plain(source),
        "destinations": [_plain(replace(destination, name=""))],
    }
    return Program(({"type": "connect", "option": option},))


def _plain(address: Address) -> dict[str, str]:
    return {"type": address.type, "target": address.target, "target_name": address.target_name}
