"""DialPlan: routes a dialled target to a customer and a program (api.md section 13.2).

Implements ``call.routing.Directory``:

conference id, conference:<id>      the conference; callers that are authenticated reach only their customer's
direct.<hash>                       a conference, an extension or a flow, for any caller
+<number>, tel:<number>             the number's flow; from an extension also other numbers, through a trunk
extension:<name>                    that extension's phones, for callers of its customer
<word>                              a configured dial-in name, then such an extension or a number
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from uuid import UUID

from mixminus.call.leg import Caller
from mixminus.call.routing import AudioTerms, Dialled, Kind, Program, Refused, Routed, parse_target
from mixminus.conference.admission import check_place
from mixminus.conference.errors import ConferenceFull, ConferenceLocked
from mixminus.conference.room import Room
from mixminus.errors import NotFound
from mixminus.model.call import ANONYMOUS_CALLER, Address, Diversion
from mixminus.model.conference import Conference, ConferenceStatus
from mixminus.model.directory import Extension, Number, Trunk
from mixminus.model.flow import Flow
from mixminus.model.ids import NIL, ConferenceId, CustomerId, ExtensionId, TrunkId
from mixminus.model.signalling import UNSIGNALLED, Signalled
from mixminus.model.srtp import SrtpPolicy, first_policy, strictest
from mixminus.store.database import Store, Transaction

__all__ = ["DialPlan", "FindRoom", "FlowPrograms", "no_room"]

FindRoom = Callable[[ConferenceId], Room | None]
"""Returns a conference's room while it is open."""

FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
BUSY: Final = 486
_OPEN: Final = frozenset({ConferenceStatus.STARTING, ConferenceStatus.PROGRESSING})


def no_room(_: ConferenceId) -> Room | None:
    """Return None: every conference is looked up in the store."""
    return None


class FlowPrograms(Protocol):
    """Finds flows; implemented by ``flow.flows.FlowService``."""

    async def program(self, customer_id: CustomerId, flow_id: UUID) -> Program:
        """Return the program of a customer's flow; NotFound if it has none of this id."""
        ...

    async def find_by_direct_hash(self, direct_hash: str) -> Flow | None:
        """Return the flow that has this direct hash."""
        ...


@dataclass(frozen=True, slots=True)
class _IncomingCall:
    """A call that is being routed."""

    source: Address
    extension: Extension | None
    """The calling extension, if the caller is authenticated."""
    diversions: tuple[Diversion, ...] = ()
    trunk: Trunk | None = None
    """The calling trunk, if its address or an account authenticates it."""

    @property
    def owner(self) -> CustomerId | None:
        """The customer of the caller; None for an unknown one."""
        account = self.extension or self.trunk
        return account.customer_id if account else None

    def to(self, customer_id: CustomerId, program: Program, destination: Address) -> Routed:
        """Route the call there; the calling extension is shown as source to its own customer only."""
        source = self.source
        if self.extension and self.extension.customer_id == customer_id:
            source = Address(
                type="extension", target=self.extension.extension, target_name=source.target_name
            )
        return Routed(customer_id, program, source, destination, self.diversions)


def _incoming(
    source: Address, extension: Extension | None, trunk: Trunk | None, signalled: Signalled
) -> _IncomingCall:
    """Return the call as it is shown: what an INVITE says of its caller counts from trusted trunks only."""
    if trunk is None or not trunk.trust_identity:
        return _IncomingCall(source, extension)
    if signalled.private:
        return _IncomingCall(ANONYMOUS_CALLER, extension, signalled.diversions)
    if signalled.identity:
        name = signalled.identity.target_name or source.target_name
        source = replace(signalled.identity, target_name=name)
    return _IncomingCall(source, extension, signalled.diversions)


_Found = Routed | Refused | Number | None
"""A number is resolved to its flow after the snapshot is closed: the flow service opens its own."""


class DialPlan:
    """Routes calls; each is looked up in one snapshot of the store."""

    def __init__(
        self,
        store: Store,
        *,
        names: Mapping[str, ConferenceId],
        flows: FlowPrograms,
        find_room: FindRoom = no_room,
        carrier: bool = False,
    ) -> None:
        """``carrier``: whether customers without a trunk of their own can call outside numbers.

        A conference whose room ``find_room`` returns is not looked up in the store.
        """
        self._find_room = find_room
        self._store = store
        self._names = names
        self._flows = flows
        self._carrier = carrier

    async def route(
        self, source: Address, target: str, caller: Caller, signalled: Signalled = UNSIGNALLED
    ) -> Routed | Refused:
        """Return the call's route, or the SIP status code with which it is rejected."""
        dialled = parse_target(target)
        if dialled is None:
            return Refused(NOT_FOUND)
        if live := await self._live(source, dialled, caller):
            return live
        async with self._store.snapshot() as tx:
            extension, trunk = await _callers(tx, caller)
            call = replace(_incoming(source, extension, trunk, signalled), trunk=trunk)
            found: _Found = await tx.numbers.find_dialled(dialled.target) if trunk else None
            # A caller authenticated as a trunk is an exchange, and dials numbers only.
            if found is None and not (trunk and caller.account_id):
                found = await self._dial(tx, call, dialled)
            if isinstance(found, Routed):
                return await _admitted(tx, extension or trunk, found)
        if isinstance(found, Number):
            found = await self._called(call, found)
        elif found is None and dialled.kind is Kind.DIRECT:
            found = await self._flow(call, dialled.target)
        if not isinstance(found, Routed):
            return found or Refused(NOT_FOUND)
        async with self._store.snapshot() as tx:
            return await _admitted(tx, extension or trunk, found)

    async def _live(self, source: Address, dialled: Dialled, caller: Caller) -> Routed | Refused | None:
        """Route a caller without an account to a room that is open here; None for all others.

        What is read is read by itself: a snapshot would cost two round trips more.
        """
        if dialled.kind is not Kind.CONFERENCE or caller.account_id is not None:
            return None
        room = self._find_room(ConferenceId(UUID(dialled.target)))
        if room is None or not self._store.fence.holds(room.conference.id):
            return None
        if caller.host:
            trunk = await self._store.read(lambda tx: tx.trunks.find_by_address(caller.host))
            if trunk is not None:
                return None
        found = _into(_IncomingCall(source, None), room.conference, room.joined)
        if not isinstance(found, Routed):
            return found
        srtp, active = await self._store.read(lambda tx: tx.customers.called(found.customer_id))
        return replace(found, terms=AudioTerms(srtp)) if active else Refused(FORBIDDEN)

    async def terms_of(self, caller: Caller, customer_id: CustomerId) -> AudioTerms:
        """Return what holds for the audio of a call of this caller to a customer."""
        async with self._store.snapshot() as tx:
            extension, trunk = await _callers(tx, caller)
            called, _ = await tx.customers.called(customer_id)
            return await _terms(tx, extension or trunk, customer_id, called)

    async def customer_of(self, caller: Caller) -> CustomerId | None:
        """Return the customer whose extension or trunk the caller has authenticated, None for others."""
        async with self._store.snapshot() as tx:
            extension, trunk = await _callers(tx, caller)
        account = extension or trunk
        return account.customer_id if account else None

    async def _dial(self, tx: Transaction, call: _IncomingCall, dialled: Dialled) -> _Found:
        match dialled.kind:
            case Kind.CONFERENCE:
                return await self._room(tx, call, ConferenceId(UUID(dialled.target)))
            case Kind.DIRECT:
                return await self._direct(tx, call, dialled.target)
            case Kind.NUMBER:
                number = await tx.numbers.find_dialled(dialled.target)
                return number or await self._outside(tx, call, dialled.target)
            case Kind.EXTENSION:
                return await self._extension(tx, call, dialled.target)
            case Kind.USER:
                return await self._user(tx, call, dialled.target)

    async def _user(self, tx: Transaction, call: _IncomingCall, word: str) -> _Found:
        if room_id := self._names.get(word):
            return await self._room(tx, call, room_id, published=True)
        # Extensions come before numbers; unknown callers know published numbers only.
        return await self._extension(tx, call, word) or await tx.numbers.find_dialled(word)

    async def _room(
        self, tx: Transaction, call: _IncomingCall, conference_id: ConferenceId, *, published: bool = False
    ) -> _Found:
        """Route to a conference; a caller that is authenticated reaches another customer's only if ``published``."""
        room = self._find_room(conference_id)
        conference = room.conference if room else await tx.conferences.find(conference_id)
        if conference is None:
            return None
        if conference.status in _OPEN:
            await self._require_home(tx, conference.id)
        owned = not call.extension or conference.customer_id == call.extension.customer_id
        present = room.joined if room else len(conference.conferencecall_ids)
        return _into(call, conference, present) if owned or published else None

    async def _require_home(self, tx: Transaction, conference_id: ConferenceId) -> None:
        """Raise Elsewhere for a room that no living node has: another one takes it over within seconds."""
        fence = self._store.fence
        if not fence.holds(conference_id) and await tx.homes.of(conference_id) is None:
            fence.require(conference_id)

    async def _direct(self, tx: Transaction, call: _IncomingCall, direct_hash: str) -> _Found:
        if conference := await tx.conferences.find_by_direct_hash(direct_hash):
            return await self._room(tx, call, conference.id, published=True)
        extension = await tx.extensions.find_by_direct_hash(direct_hash)
        return _ringing(call, extension) if extension else None

    async def _flow(self, call: _IncomingCall, direct_hash: str) -> Routed | Refused | None:
        flow = await self._flows.find_by_direct_hash(direct_hash)
        if flow is None:
            return None
        destination = Address(type="sip", target=direct_hash, name=flow.name)
        return await self._run(call, flow.customer_id, flow.id, destination)

    async def _called(self, call: _IncomingCall, number: Number) -> Routed | Refused:
        """Route to a number's flow; a number without a flow is not found (api.md section 13.2)."""
        if number.call_flow_id == NIL:
            return Refused(NOT_FOUND)
        destination = Address(type="tel", target=number.number, name=number.name)
        return await self._run(call, number.customer_id, number.call_flow_id, destination)

    async def _run(
        self, call: _IncomingCall, customer_id: CustomerId, flow_id: UUID, destination: Address
    ) -> Routed | Refused:
        try:
            program = await self._flows.program(customer_id, flow_id)
        except NotFound:
            return Refused(NOT_FOUND)
        return call.to(customer_id, program, destination)

    async def _extension(self, tx: Transaction, call: _IncomingCall, name: str) -> Routed | None:
        """Route to an extension by its name, for callers of its customer; others know its direct hash, or nothing."""
        if call.owner is None:
            return None
        extension = await tx.extensions.find_named(name, call.owner)
        return _ringing(call, extension) if extension else None

    async def _outside(self, tx: Transaction, call: _IncomingCall, digits: str) -> Routed | None:
        """Route an extension's call to an outside number, if there is a trunk or carrier."""
        if call.extension is None:
            return None
        customer_id = call.extension.customer_id
        if not self._carrier and not await tx.trunks.outgoing(customer_id):
            return None
        destination = Address(type="tel", target=digits)
        return call.to(customer_id, _connect(call, customer_id, destination), destination)


async def _callers(tx: Transaction, caller: Caller) -> tuple[Extension | None, Trunk | None]:
    """Return the authenticated extension or trunk of the caller.

    A trunk may be authenticated by its address.
    """
    if caller.account_id is None:
        return None, await tx.trunks.find_by_address(caller.host) if caller.host else None
    if extension := await tx.extensions.find(ExtensionId(caller.account_id)):
        return extension, None
    return None, await tx.trunks.find(TrunkId(caller.account_id))


async def _admitted(tx: Transaction, account: Extension | Trunk | None, routed: Routed) -> Routed | Refused:
    """Add what holds for the audio; refuse a call to a frozen customer."""
    srtp, active = await tx.customers.called(routed.customer_id)
    if not active:
        return Refused(FORBIDDEN)
    return replace(routed, terms=await _terms(tx, account, routed.customer_id, srtp))


async def _terms(
    tx: Transaction, account: Extension | Trunk | None, customer_id: CustomerId, called: SrtpPolicy
) -> AudioTerms:
    """Return what holds for the audio of a call to a customer; ``called`` is that customer's policy about SRTP."""
    timeout_s = account.media_timeout_s if isinstance(account, Trunk) else 0
    return AudioTerms(await _srtp(tx, account, customer_id, called), timeout_s)


async def _srtp(
    tx: Transaction, account: Extension | Trunk | None, customer_id: CustomerId, called: SrtpPolicy
) -> SrtpPolicy:
    """Return the policy of the calling account, or of its customer, together with that of the called customer."""
    if account is None:
        return called
    if account.customer_id == customer_id:
        return first_policy(account.srtp, called)
    return strictest(account.srtp or await tx.customers.srtp_of(account.customer_id), called)


def _into(call: _IncomingCall, conference: Conference, present: int) -> Routed | Refused | None:
    """Route to a conference that is open and not full."""
    if conference.status not in _OPEN:
        return None
    try:
        check_place(conference.settings, present)
    except ConferenceFull:
        return Refused(BUSY)
    except ConferenceLocked:
        return Refused(FORBIDDEN)
    destination = Address(type="conference", target=str(conference.id), target_name=conference.name)
    return call.to(conference.customer_id, _join(conference), destination)


def _join(conference: Conference) -> Program:
    """Return the program of a call to a conference.

    In a ``connect`` conference the first caller hears ringing.
    """
    join = {"type": "conference_join", "option": {"conference_id": str(conference.id)}}
    return Program((join,) if conference.type == "connect" else ({"type": "answer"}, join))


def _ringing(call: _IncomingCall, extension: Extension) -> Routed:
    destination = Address(
        type="extension", target=extension.extension, target_name=extension.extension, name=extension.name
    )
    return call.to(extension.customer_id, _connect(call, extension.customer_id, destination), destination)


def _connect(call: _IncomingCall, customer_id: CustomerId, destination: Address) -> Program:
    """Return the program that calls a destination and connects the caller."""
    source = call.to(customer_id, Program(()), destination).source
    option: dict[str, Any] = {
        "source": _plain(source),
        "destinations": [_plain(replace(destination, name=""))],
    }
    return Program(({"type": "connect", "option": option},))


def _plain(address: Address) -> dict[str, str]:
    return {"type": address.type, "target": address.target, "target_name": address.target_name}
