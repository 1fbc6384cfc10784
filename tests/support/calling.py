"""A phone in a flow: it dials a room whose pre_actions are the actions of the test."""

import uuid
from dataclasses import dataclass
from typing import Any

from mixminus.mixer import DigitReceived
from mixminus.model.call import Call, CallStatus
from mixminus.model.conference import Conference
from mixminus.model.flow import Activeflow, ActiveflowStatus
from mixminus.model.ids import ActiveflowId, CallId
from tests.support.backend import EVERYTHING, Backend
from tests.support.legs import PcmLeg
from tests.support.waiting import until

__all__ = ["HANGUP", "HOUR", "HOUR_S", "Caller", "action", "calling", "mark", "place", "trail"]

HOUR_S = 3600


def place(name: str) -> str:
    """Return the action id that belongs to this name."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def action(type_: str, *, id: str = "", next_id: str = "", **option: Any) -> dict[str, Any]:
    """Return an action; ``id`` and ``next_id`` are names (see ``place``)."""
    return {
        **({"id": place(id)} if id else {}),
        **({"next_id": place(next_id)} if next_id else {}),
        "type": type_,
        "option": option,
    }


def mark(name: str, **more: Any) -> dict[str, Any]:
    """Return an action that only shows that the flow has reached it."""
    return action("variable_set", id=name, key=name, value="seen", **more)


HOUR = action("sleep", duration=HOUR_S * 1000)
HANGUP = action("hangup")


def trail(activeflow: Activeflow) -> list[str]:
    """Return the marks that the flow has reached, in order."""
    done = (*activeflow.executed_actions, activeflow.current_action)
    return [each["option"]["key"] for each in done if each.get("type") == "variable_set"]


@dataclass
class Caller:
    """A phone that has called, and its call."""

    backend: Backend
    room: Conference
    leg: PcmLeg

    async def call(self) -> Call:
        """Wait for the call's row, and return it."""

        async def look() -> Call | None:
            live = [each for each in self.backend.services.live_calls.values() if each.leg_id == self.leg.id]
            return await self.backend.calls.get(self.backend.customer_id, live[0].id) if live else None

        return await until(look)

    async def does(self, type_: str) -> Call:
        """Wait until the flow runs an action of this type."""

        async def look() -> Call | None:
            call = await self.call()
            return call if call.action.get("type") == type_ else None

        return await until(look)

    async def waits(self, type_: str) -> Call:
        """Wait until the flow runs an action of this type, and sleeps for the action's duration."""
        call = await self.does(type_)
        seconds = call.action["option"]["duration"] / 1000
        await until(lambda: self.backend.clock.has_sleeper(seconds))
        return call

    def press(self, digits: str) -> None:
        for digit in digits:
            self.backend.calls.on_engine_event(DigitReceived(self.leg.port.id, 0, digit, 100))

    async def activeflow(self, status: ActiveflowStatus | None = None) -> Activeflow:
        """Return the newest activeflow of a call, once it has this status."""

        async def look() -> Activeflow | None:
            found = await self.backend.activeflows.list(self.backend.customer_id, EVERYTHING)
            mine = [each for each in found if each.reference_type == "call"]
            return mine[0] if mine and status in (None, mine[0].status) else None

        return await until(look)

    async def over(self) -> Activeflow:
        """Wait until the flow has ended, and return it."""
        activeflow = await self.activeflow(ActiveflowStatus.ENDED)

        async def hung_up() -> bool:
            call = await self.backend.calls.get(self.backend.customer_id, CallId(activeflow.reference_id))
            return call.status is CallStatus.HANGUP

        await until(hung_up)
        return await self.backend.activeflows.get(self.backend.customer_id, ActiveflowId(activeflow.id))


async def calling(backend: Backend, *actions: dict[str, Any], **spec: Any) -> Caller:
    """Dial a room with these pre_actions."""
    room = await backend.room(pre_actions=actions, **spec)
    return Caller(backend, room, await backend.dial(room.id))
