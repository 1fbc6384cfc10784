"""What runs flows, wired for ``control``: a service that actions are given is a line here."""

from contextlib import AsyncExitStack
from typing import Protocol

from mixminus.call.dialout import DialoutService
from mixminus.call.recorder import CallRecorder
from mixminus.clock import Clock
from mixminus.conference.participants import ParticipantService
from mixminus.delivery.web_client import WebClient
from mixminus.flow.errands import Errands
from mixminus.flow.flows import FlowService
from mixminus.flow.services import FlowServices
from mixminus.store.database import Store

__all__ = ["flow_services"]


class Config(Protocol):
    """What an operator has chosen."""

    @property
    def private_targets(self) -> bool: ...


def flow_services(  # noqa: PLR0913, PLR0917 - a part that actions are given is an argument
    store: Store,
    clock: Clock,
    participants: ParticipantService,
    flows: FlowService,
    recorder: CallRecorder,
    dialout: DialoutService,
    config: Config,
    stack: AsyncExitStack,
) -> FlowServices:
    """Return what actions may ask of the house; the stack closes what is opened here."""
    web = WebClient(private_targets=config.private_targets)
    stack.push_async_callback(web.close)
    errands = Errands()
    stack.push_async_callback(errands.close)
    return FlowServices(
        store=store,
        participants=participants,
        clock=clock,
        flows=flows,
        recorder=recorder,
        dialout=dialout,
        web=web,
        errands=errands,
    )
