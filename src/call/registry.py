"""LiveCalls: every call that has a leg, by id, port and leg; built before the services that need it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mixminus.call.errors import CallNotProgressing
from mixminus.call.live import LiveCall
from mixminus.model.call import Call, CallStatus
from mixminus.model.ids import CallId, LegId

__all__ = ["ANSWERABLE", "ANY_STATUS", "UP", "LiveCalls"]

UP: Final = frozenset({CallStatus.PROGRESSING})
"""The call is answered and not ending."""
ANSWERABLE: Final = UP | {CallStatus.RINGING}
ANY_STATUS: Final = frozenset(CallStatus)


class LiveCalls(Mapping[CallId, LiveCall]):
    """The calls that have a leg, from their creation to the end of the leg."""

    def __init__(self) -> None:
        self._calls: dict[CallId, LiveCall] = {}
        self._by_port: dict[int, LiveCall] = {}
        self._on_added: list[Callable[[LiveCall], None]] = []

    def __getitem__(self, call_id: CallId) -> LiveCall:
        return self._calls[call_id]

    def __iter__(self) -> Iterator[CallId]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, live: LiveCall) -> None:
        self._calls[live.id] = self._by_port[live.port.id] = live
        for each in self._on_added:
            each(live)

    def watch(self, on_added: Callable[[LiveCall], None]) -> None:
        """Call a function with each call that is added from now on."""
        self._on_added.append(on_added)

    def remove(self, live: LiveCall) -> None:
        del self._calls[live.id], self._by_port[live.port.id]

    def by_port(self, port_id: int) -> LiveCall | None:
        """Return the call of a port of the engine."""
        return self._by_port.get(port_id)

    def by_leg(self, leg_id: LegId) -> LiveCall | None:
        return next((live for live in self._calls.values() if live.leg_id == leg_id), None)

    def require(self, call: Call, states: frozenset[CallStatus] = UP) -> LiveCall:
        """Return the live call of a row.

        Raises CallNotProgressing unless it has a leg and one of these states.
        """
        live = self._calls.get(call.id)
        if live is None or live.over.done() or live.port.closed or live.call.status not in states:
            required = "not ended" if states == ANY_STATUS else " or ".join(sorted(states))
            raise CallNotProgressing(
                f"call {call.id} is {call.status}; this requires a call that is {required}"
            )
        return live
