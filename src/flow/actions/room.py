"""Rooms: a call joins a conference, with PIN, pre- and post-flow, and keypad (api.md sections 4, 6.5)."""

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, Literal, NoReturn
from uuid import UUID

from mixminus.conference.admission import MAX_PIN_DIGITS, role_of
from mixminus.conference.errors import PinInvalid
from mixminus.conference.participants import Entry
from mixminus.conference.room import Seat
from mixminus.errors import MixMinusError
from mixminus.flow.action import ActionType
from mixminus.flow.options import Flag, Option, Uuid
from mixminus.flow.run import FlowRun
from mixminus.hosts import network_of
from mixminus.log import get
from mixminus.model.conference import Role, RoomSettings
from mixminus.model.ids import NIL, ConferenceId
from mixminus.tasks import Interrupted
from mixminus.telemetry import Attributes, current_span

__all__ = ["ACTIONS", "ConfbridgeJoin", "ConferenceJoin", "confbridge_join"]

_PIN_TRIES: Final = 3
_FIRST_DIGIT_S: Final = 15.0
_NEXT_DIGIT_S: Final = 5.0
_END_OF_PIN: Final = "#"
log = get("flow")


class ConferenceJoin(Option):
    """Join a conference, and stay until the participant leaves it or is removed."""

    conference_id: Uuid = NIL
    role: Literal["", "participant", "moderator"] = ""
    """The participant's role; empty: the one that its PIN gives. The PIN of the room is needed in any case."""
    mute_on_join: Flag = False
    """The others do not hear the participant until it is unmuted."""


async def conference_join(run: FlowRun, option: ConferenceJoin) -> None:
    """Pre-actions and pre-flow, the room, post-actions and post-flow (api.md 4.2, 4.3).

    A kick ends the stay, and the flow continues; the end of the call stops everything. A participant
    that is kicked before it has joined gets no post-actions. A caller without the room's PIN is hung up.
    """
    seat = await _admit(run, ConferenceId(option.conference_id), option)
    if seat is None:
        return
    conference = seat.conference
    await _stay(run, seat, before=True)
    await _follow_moves(run)
    if seat.refused:
        await _prompt(run, conference.settings, "refused")
    if seat.joined:
        if seat.room_closed:
            await _prompt(run, conference.settings, "goodbye")
        await run.perform(conference.post_actions)
        await _perform_flow(run, conference.post_flow_id)


class ConfbridgeJoin(Option):
    """Join the audio of a conference, without its pre- and post-flows."""

    confbridge_id: Uuid = NIL
    """The id of the conference."""


async def confbridge_join(run: FlowRun, option: ConfbridgeJoin) -> None:
    seat = await _admit(run, ConferenceId(option.confbridge_id), ConferenceJoin())
    if seat is not None:
        await _stay(run, seat, before=False)
        await _follow_moves(run)


async def _follow_moves(run: FlowRun) -> None:
    """Join the rooms that the call is moved to, one after the other."""
    while place := run.call.take_next_place():
        entry = Entry(answered=run.call.answered)
        seat = place.seat or await _seat(run, place.conference_id, place.role, entry)
        if seat is None:
            return
        await _stay(run, seat, before=False)


async def _admit(run: FlowRun, conference_id: ConferenceId, option: ConferenceJoin) -> Seat | None:
    """Return a seat in the room; None if the room does not admit it now."""
    settings = await run.participants.settings(run.activeflow.customer_id, conference_id)
    role = await _role(run, conference_id, settings)
    if role is None:
        await run.call.hang_up()
        await run.park()
    entry = Entry(option.mute_on_join, run.call.answered, run.save)
    seat = await _seat(run, conference_id, Role(option.role) if option.role else role, entry)
    if seat is None:
        await run.save()
        if settings.locked and run.call.answered:
            await _prompt(run, settings, "locked")
        log.info("not admitted", call_id=str(run.call.id), conference_id=str(conference_id))
    return seat


async def _seat(run: FlowRun, conference_id: ConferenceId, role: Role, entry: Entry) -> Seat | None:
    with current_span().child("admit", {"mixminus.conference_id": conference_id}):
        return await run.participants.admit(
            conference_id, run.call.id, run.call.port, role, run.activeflow.id, entry
        )


async def _prompt(run: FlowRun, settings: RoomSettings, name: str) -> None:
    """Play a prompt to the caller, to its end, if the room plays all of them."""
    if settings.prompts == "all":
        await run.wait(run.services.sounds.prompt(run.call.port, name, settings.wording))


async def _stay(run: FlowRun, seat: Seat, *, before: bool) -> None:
    """Be in the room until dismissed; the seat is released in any case."""
    try:
        with run.stopped_by(seat.dismissed):
            if before:
                await run.perform(seat.conference.pre_actions)
                await _perform_flow(run, seat.conference.pre_flow_id)
            with current_span().child("join", _ids(seat)):
                await _connect(run, seat)
            await _wait_in_room(run, seat)
    except Interrupted as interrupted:
        if interrupted.stop is not seat.dismissed:
            raise
    finally:
        await run.participants.leave(seat)
    await run.call.publish_action()


def _ids(seat: Seat) -> Attributes:
    return {"mixminus.conference_id": seat.conference.id, "mixminus.conferencecall_id": seat.id}


async def _connect(run: FlowRun, seat: Seat) -> None:
    """Answer the call and connect its audio.

    In a room for two, the first hears ringing until the second joins.
    """
    if seat.conference.type == "connect" and not run.call.answered:
        await run.call.ring()
        await _connect_audio(run, seat)
        await run.wait(seat.company.wait())
        await run.call.answer()
    else:
        await run.call.answer()
        await _connect_audio(run, seat)
    run.call.mark_arrived()


async def _connect_audio(run: FlowRun, seat: Seat) -> None:
    while not seat.joined and not await run.participants.connect(seat):
        # It waits in the lobby; a dismissal meanwhile interrupts here.
        await run.wait(seat.may_join.wait())


async def _wait_in_room(run: FlowRun, seat: Seat) -> NoReturn:
    """Stay; the keys of the room's menu do what they are for, all other digits are kept for the flow."""
    digits = run.call.digits
    with run.services.keypad.listening(seat) as taken:
        try:
            with digits.filtered(taken):
                await run.park()
        finally:
            for unused in taken.release():
                digits.press(unused)


async def _perform_flow(run: FlowRun, flow_id: UUID) -> None:
    if flow_id != NIL:
        program = await run.services.flows.program(run.activeflow.customer_id, flow_id)
        await run.perform(program.actions)


async def _role(run: FlowRun, conference_id: ConferenceId, settings: RoomSettings) -> Role | None:
    """Return the caller's role, which its PIN decides; None after three wrong PINs."""
    if not settings.asks_pin:
        return Role.PARTICIPANT
    source = _source_of(run)
    if run.call.pin is not None:
        with suppress(PinInvalid):
            return role_of(settings, run.call.pin)
    await run.save()
    await run.call.answer()
    prompt = "pin"
    for _ in range(_PIN_TRIES):
        with suppress(PinInvalid):
            pin = await _ask_pin(run, settings, prompt)
            return run.participants.role_of(conference_id, settings, pin, source)
        prompt = "pin_wrong"
    return None


def _source_of(run: FlowRun) -> str:
    """Return who gives pins: an account and the number that it shows, as a trunk has many callers; else a network."""
    caller = run.call.caller
    if caller.account_id:
        return f"{caller.account_id} {run.call.call.source.target}"
    return network_of(caller.host)[0] if caller.host else ""


async def _ask_pin(run: FlowRun, settings: RoomSettings, prompt: str) -> str:
    """Return the digits up to ``#``, or up to a long silence; the first digit ends the prompt."""
    pin = ""
    digit = await _next_digit(run, _prompt_for_pin(run, settings, prompt))
    while digit not in ("", _END_OF_PIN):
        pin += digit
        if len(pin) == MAX_PIN_DIGITS:
            break
        digit = await _next_digit(run, run.clock.sleep(_NEXT_DIGIT_S))
    return pin


async def _prompt_for_pin(run: FlowRun, settings: RoomSettings, prompt: str) -> None:
    """Play the prompt and a beep, then wait for as long as the first digit may take."""
    sounds = run.services.sounds
    if settings.prompts != "off":
        await sounds.prompt(run.call.port, prompt, settings.wording)
    with suppress(MixMinusError):  # digits may come even if the beep cannot be played
        await sounds.play(run.call.port, sounds.beep())
    await run.clock.sleep(_FIRST_DIGIT_S)


async def _next_digit(run: FlowRun, patience: Coroutine[Any, Any, None]) -> str:
    """Return the next digit; empty if ``patience`` completes first."""
    pressed = run.call.digits.arrived()
    try:
        with run.stopped_by(pressed):
            await run.wait(patience)
    except Interrupted as interrupted:
        if interrupted.stop is not pressed:
            raise
    return run.call.digits.take()


ACTIONS: Final = (
    ActionType("conference_join", ConferenceJoin, conference_join, stops_flow=True, saves=True),
    ActionType("confbridge_join", ConfbridgeJoin, confbridge_join, stops_flow=True, saves=True),
)
