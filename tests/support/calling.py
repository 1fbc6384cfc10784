"""A phone that is in a flow: its actions are those before a room that it dials."""

import uuid
from dataclasses import dataclass
from typing import Any

from mixminus.mixer import DigitReceived
from mixminus.model.call import Call, CallStatus
from mixminus.model.conference import Conference
from mixminus.model.flow import Activeflow, ActiveflowStatus
from mixminus.model.ids import ActiveflowId, CallId
from tests.support.house import EVERYTHING, House
from tests.support.legs import PcmLeg
from tests.support.waiting import until

__all__ = ["HANGUP", "HOUR", "Caller", "action", "calling", "mark", "place", "trail"]

HOUR_MS = 3_600_000


def place(name: str) -> str:
    """Return the id of the action that is called so."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def action(type_: str, *, id: str = "", next_id: str = "", **option: Any) -> dict[str, Any]:
    """Return an action; its id and the next one's are told by name."""
    return {
        **({"id": place(id)} if id else {}),
        **({"next_id": place(next_id)} if next_id else {}),
        "type": type_,
        "option": option,
    }


def mark(name: str, **more: Any) -> dict[str, Any]:
    """Return an action that only shows that a flow has come by."""
    return action("variable_set", id=name, key=name, value="seen", **more)


HOUR = action("sleep", duration=HOUR_MS)
HANGUP = action("hangup")


def trail(activeflow: Activeflow) -> list[str]:
    """Return the marks that a flow has come by."""
    done = (*activeflow.executed_actions, activeflow.current_action)
    return [each["option"]["key"] for each in done if each.get("type") == "variable_set"]


@dataclass
class Caller:
    """Whoever called, and everything that is known of the call."""

    house: House
    room: Conference
    leg: PcmLeg
    sleepers: int
    """Who slept before the call came."""

    async def call(self) -> Call:
        """Return the row, once there is one."""

        async def look() -> Call | None:
            live = [each for each in self.house.services.live_calls.values() if each.leg_id == self.leg.id]
            return await self.house.calls.get(self.house.customer_id, live[0].id) if live else None

        return await until(look)

    async def does(self, type_: str) -> Call:
        """Wait until the flow does this."""

        async def look() -> Call | None:
            call = await self.call()
            return call if call.action.get("type") == type_ else None

        return await until(look)

    async def waits(self, type_: str) -> Call:
        """Wait until the flow does this, and has begun to wait for a time to come."""
        call = await self.does(type_)
        await until(lambda: self.house.clock.sleepers > self.sleepers)
        return call

    def press(self, digits: str) -> None:
        for digit in digits:
            self.house.calls.on_engine_event(DigitReceived(self.leg.port.id, 0, digit, 100))

    async def activeflow(self, status: ActiveflowStatus | None = None) -> Activeflow:
        """Return the newest activeflow of a call, once it has this status."""

        async def look() -> Activeflow | None:
            found = await self.house.activeflows.list(self.house.customer_id, EVERYTHING)
            mine = [each for each in found if each.reference_type == "call"]
            return mine[0] if mine and status in (None, mine[0].status) else None

        return await until(look)

    async def over(self) -> Activeflow:
        """Wait for the flow's end, and return it."""
        activeflow = await self.activeflow(ActiveflowStatus.ENDED)

        async def hung_up() -> bool:
            call = await self.house.calls.get(self.house.customer_id, CallId(activeflow.reference_id))
            return call.status is CallStatus.HANGUP

        await until(hung_up)
        return await self.house.activeflows.get(self.house.customer_id, ActiveflowId(activeflow.id))


async def calling(house: House, *actions: dict[str, Any], **spec: Any) -> Caller:
    """Let a phone dial a room before which it has to do these actions."""
    room = await house.room(pre_actions=actions, **spec)
    sleepers = house.clock.sleepers
    return Caller(house, room, await house.dial(room.id), sleepers)
