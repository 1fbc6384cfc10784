"""What takes a call into a room, and out again."""

from collections.abc import Mapping
from typing import Final

from mixminus.conference.room import Seat
from mixminus.flow.actions.catalogue import Option
from mixminus.flow.actions.room import ConferenceJoin
from mixminus.flow.pin import role_at_door
from mixminus.flow.run import Executor, FlowRun
from mixminus.log import get
from mixminus.tasks import Interrupted

__all__ = ["EXECUTORS"]

log = get("flow")


async def conference_join(run: FlowRun, option: ConferenceJoin) -> None:
    """Pre-actions, the room, post-actions (api.md 4.2, 4.3).

    A kick ends the stay and the flow goes on; the call's end stops everything. Who was
    kicked before having joined gets no post-actions: there was nothing to come back from. Who
    does not know the room's pin is hung up.
    """
    role = await role_at_door(run, await run.participants.settings(option.conference_id))
    if role is None:
        await run.call.hang_up()
        await run.park()
    seat = await run.participants.admit(option.conference_id, run.call.id, run.call.port, role)
    if seat is None:
        log.info("not admitted", call_id=str(run.call.id), conference_id=str(option.conference_id))
        return
    try:
        with run.stopped_by(seat.dismissed):
            await run.perform(seat.conference.pre_actions)
            await _sit_down(run, seat)
            await run.park()
    except Interrupted as interrupted:
        if interrupted.stop is not seat.dismissed:
            raise
    finally:
        await run.participants.leave(seat)
    if seat.joined:
        await run.perform(seat.conference.post_actions)


async def _sit_down(run: FlowRun, seat: Seat) -> None:
    if seat.conference.type == "connect" and not run.call.answered:
        # The first of two hears ringing until the second is there.
        await run.call.ring()
        await _connect(run, seat)
        await run.wait(seat.company.wait())
        await run.call.answer()
    else:
        await run.call.answer()
        await _connect(run, seat)


async def _connect(run: FlowRun, seat: Seat) -> None:
    while not await run.participants.connect(seat):
        # No moderator is there yet; whoever is dismissed meanwhile is interrupted here.
        await run.wait(seat.open.wait())


EXECUTORS: Final[Mapping[type[Option], Executor]] = {ConferenceJoin: conference_join}
