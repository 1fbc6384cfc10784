"""What carries calls, wired for ``control``."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Protocol

from mixminus.call.dialout import DialoutService
from mixminus.call.outbound import Trunk
from mixminus.call.service import CallService, RunFlow
from mixminus.clock import Clock
from mixminus.conference.service import ConferenceService
from mixminus.flow.flows import FlowService
from mixminus.ids import ConferenceId
from mixminus.store.database import Store

__all__ = ["open_calls", "open_dialout"]


class Config(Protocol):
    """What an operator has chosen."""

    @property
    def names(self) -> Mapping[str, ConferenceId]: ...
    @property
    def trunk(self) -> Trunk | None: ...
    @property
    def call_max_duration_s(self) -> float: ...


def open_dialout(
    store: Store,
    clock: Clock,
    config: Config,
    *,
    conferences: ConferenceService,
    flows: FlowService,
    stack: AsyncExitStack,
) -> DialoutService:
    """Return who makes calls; ``open_calls`` gives it those that carry them. The stack closes it."""
    dialout = DialoutService(store, clock, conferences=conferences, flows=flows, trunk=config.trunk)
    stack.push_async_callback(dialout.close)
    return dialout


def open_calls(
    store: Store, clock: Clock, config: Config, *, run_flow: RunFlow, dialout: DialoutService
) -> CallService:
    """Return who carries calls, those that come in and those that go out."""
    dialout.calls = CallService(
        store, clock, run_flow=run_flow, names=config.names, max_duration_s=config.call_max_duration_s
    )
    return dialout.calls
