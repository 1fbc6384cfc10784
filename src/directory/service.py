"""DirectoryServices: everything about who can be dialled and who may log in, built together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mixminus.call.outbound import Carrier
from mixminus.clock import Clock
from mixminus.directory.accounts import AccountService
from mixminus.directory.extensions import ExtensionService
from mixminus.directory.numbers import NumberService
from mixminus.directory.plan import DialPlan, FlowPrograms
from mixminus.directory.realms import Realms
from mixminus.directory.registrations import RegistrationService
from mixminus.directory.trunks import TrunkService
from mixminus.directory.ways import WaysOut
from mixminus.model.ids import ConferenceId
from mixminus.store.database import Store

__all__ = ["DirectoryServices", "open_directory"]


@dataclass(frozen=True, slots=True)
class DirectoryServices:
    """A field for each."""

    numbers: NumberService
    extensions: ExtensionService
    trunks: TrunkService
    accounts: AccountService
    registrations: RegistrationService
    plan: DialPlan
    ways: WaysOut

    def watch_logins(self, told: Callable[[], None]) -> None:
        """Call this whenever somebody's password, or whether they may log in, has changed; it must not block."""
        self.extensions.watch(told)
        self.trunks.watch(told)


def open_directory(
    store: Store,
    clock: Clock,
    *,
    domain: str,
    names: Mapping[str, ConferenceId],
    flows: FlowPrograms,
    carrier: Carrier | None = None,
) -> DirectoryServices:
    """Build them; ``domain`` is what the realms of customers and trunks are below."""
    registrations, trunks = RegistrationService(store, clock), TrunkService(store, clock)
    ways = WaysOut(registrations, trunks, carrier)
    return DirectoryServices(
        numbers=NumberService(store, clock),
        extensions=ExtensionService(store, clock),
        trunks=trunks,
        accounts=AccountService(store, clock, Realms(domain)),
        registrations=registrations,
        plan=DialPlan(store, names=names, flows=flows, carrier=carrier is not None),
        ways=ways,
    )
