"""DirectoryServices: numbers, extensions, trunks, and how calls are routed by them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mixminus.call.outbound import Carrier
from mixminus.clock import Clock
from mixminus.directory.accounts import AccountService
from mixminus.directory.extensions import ExtensionService
from mixminus.directory.numbers import NumberService
from mixminus.directory.outbound_routes import OutboundRoutes
from mixminus.directory.plan import DialPlan, FindRoom, FlowPrograms, no_room
from mixminus.directory.realms import Realms
from mixminus.directory.registrations import RegistrationService
from mixminus.directory.trunks import TrunkService
from mixminus.model.ids import ConferenceId
from mixminus.store.database import Store

__all__ = ["DirectoryServices", "open_directory"]


@dataclass(frozen=True, slots=True)
class DirectoryServices:
    """The services of the directory."""

    numbers: NumberService
    extensions: ExtensionService
    trunks: TrunkService
    accounts: AccountService
    registrations: RegistrationService
    plan: DialPlan
    outbound_routes: OutboundRoutes

    def watch_logins(self, on_change: Callable[[], None]) -> None:
        """Call ``on_change`` after every change of SIP credentials; it must not block."""
        self.extensions.watch(on_change)
        self.trunks.watch(on_change)

    def refresh(self) -> None:
        """Look again at what may have changed beyond this directory: logins and trunks."""
        self.extensions.notify()
        self.trunks.notify()


def open_directory(
    store: Store,
    clock: Clock,
    *,
    domain: str,
    names: Mapping[str, ConferenceId],
    flows: FlowPrograms,
    find_room: FindRoom = no_room,
    carrier: Carrier | None = None,
) -> DirectoryServices:
    """Build the services; SIP realms of customers and trunks are subdomains of ``domain``.

    ``find_room`` returns a conference's room while it is open: it is not looked up in the store then.
    """
    registrations, trunks = RegistrationService(store, clock), TrunkService(store, clock)
    return DirectoryServices(
        numbers=NumberService(store, clock),
        extensions=ExtensionService(store, clock),
        trunks=trunks,
        accounts=AccountService(store, clock, Realms(domain)),
        registrations=registrations,
        plan=DialPlan(store, names=names, flows=flows, find_room=find_room, carrier=carrier is not None),
        outbound_routes=OutboundRoutes(store, registrations, trunks, carrier),
    )
