"""What takes a call into a room, and out again."""

from collections.abc import Mapping
from typing import Final, NoReturn
from uuid import UUID

from mixminus.conference.room import Seat
from mixminus.flow.actions.catalogue import Option
from mixminus.flow.actions.room import ConfbridgeJoin, ConferenceJoin
from mixminus.flow.pin import role_at_door
from mixminus.flow.run import Executor, FlowRun
from mixminus.log import get
from mixminus.model.conference import RoomSettings
from mixminus.model.ids import NIL, ConferenceId
from mixminus.tasks import Interrupted

__all__ = ["EXECUTORS"]

log = get("flow")


async def conference_join(run: FlowRun, option: ConferenceJoin) -> None:
    """Pre-actions and pre-flow, the room, post-actions and post-flow (api.md 4.2, 4.3).

    A kick ends the stay and the flow goes on; the call's end stops everything. Who was
    kicked before having joined gets no post-actions: there was nothing to come back from. Who
    does not know the room's pin is hung up.
    """
    seat = await _admitted(run, option.conference_id)
    if seat is None:
        return
    conference = seat.conference
    await _stay(run, seat, before=True)
    await _go_where_moved(run)
    if seat.joined:
        if seat.closed and conference.settings.prompts == "all":
            await run.wait(run.services.sounds.prompt(run.call.port, "goodbye", conference.settings.wording))
        await run.perform(conference.post_actions)
        await _perform_flow(run, conference.post_flow_id)


async def confbridge_join(run: FlowRun, option: ConfbridgeJoin) -> None:
    """The room and nothing around it (api.md 6.5): its id is that of the conference."""
    seat = await _admitted(run, option.confbridge_id)
    if seat is not None:
        await _stay(run, seat, before=False)
        await _go_where_moved(run)


async def _go_where_moved(run: FlowRun) -> None:
    """Be in the rooms that others have moved the call to, one after the other."""
    while place := run.call.take_place():
        seat = await run.participants.admit(
            place.conference_id, run.call.id, run.call.port, place.role, run.activeflow.id
        )
        if seat is None:
            return
        await _stay(run, seat, before=False)


async def _admitted(run: FlowRun, conference_id: ConferenceId) -> Seat | None:
    """Return a place in the room; None if it takes nobody now."""
    settings = await run.participants.settings(run.activeflow.customer_id, conference_id)
    role = await role_at_door(run, settings)
    if role is None:
        await run.call.hang_up()
        await run.park()
    seat = await run.participants.admit(conference_id, run.call.id, run.call.port, role, run.activeflow.id)
    if seat is None:
        await _tell_why_not(run, settings)
        log.info("not admitted", call_id=str(run.call.id), conference_id=str(conference_id))
    return seat


async def _tell_why_not(run: FlowRun, settings: RoomSettings) -> None:
    if settings.locked and settings.prompts == "all" and run.call.answered:
        await run.wait(run.services.sounds.prompt(run.call.port, "locked", settings.wording))


async def _stay(run: FlowRun, seat: Seat, *, before: bool) -> None:
    """Be in the room until dismissed, and tell that the call goes on; the seat is given back whatever happens."""
    try:
        with run.stopped_by(seat.dismissed):
            if before:
                await run.perform(seat.conference.pre_actions)
                await _perform_flow(run, seat.conference.pre_flow_id)
            await _sit_down(run, seat)
            await _sit(run, seat)
    except Interrupted as interrupted:
        if interrupted.stop is not seat.dismissed:
            raise
    finally:
        await run.participants.leave(seat)
    await run.call.go_on()


async def _sit(run: FlowRun, seat: Seat) -> NoReturn:
    """Stay, and let the keys of the room's menu do what they do; flows see the others."""
    digits = run.call.digits
    with run.services.keypad.listening(seat) as taken:
        try:
            with digits.filtered(taken):
                await run.park()
        finally:
            for left in taken.release():
                digits.press(left)


async def _perform_flow(run: FlowRun, flow_id: UUID) -> None:
    if flow_id != NIL:
        program = await run.services.flows.program(run.activeflow.customer_id, flow_id)
        await run.perform(program.actions)


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
    run.call.note_arrival()


async def _connect(run: FlowRun, seat: Seat) -> None:
    while not await run.participants.connect(seat):
        # No moderator is there yet; whoever is dismissed meanwhile is interrupted here.
        await run.wait(seat.open.wait())


EXECUTORS: Final[Mapping[type[Option], Executor]] = {
    ConferenceJoin: conference_join,
    ConfbridgeJoin: confbridge_join,
}
