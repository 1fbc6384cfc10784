"""Commands about the rules of a room in ``mixminus rooms``: its lock, and who hears whom."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from mixminus.cli.changing import changed
from mixminus.cli.common import Failed, is_json, session
from mixminus.cli.output import line, listed, shown
from mixminus.cli.rooms import RoomName, room_of
from mixminus.client.generated.inputs import CoachBody, ExceptionBody, PairBody, WhisperBody
from mixminus.client.generated.models import Hears

__all__ = ["COMMANDS"]


def lock(room: RoomName) -> None:
    """Lock a room against further participants."""
    _set_lock(room, locked=True)


def unlock(room: RoomName) -> None:
    """Unlock a room."""
    _set_lock(room, locked=False)


def _set_lock(room: str, *, locked: bool) -> None:
    with session() as client:
        now = changed(
            client.update_conference, client.get_conference(room_of(client, room).id), {"locked": locked}
        )
        line(f"{now.name or now.id} is {'locked' if now.locked else 'open'}", id=now.id, locked=now.locked)


def hears(room: RoomName) -> None:
    """List who hears whom otherwise than all hear all; --json has the rules too."""
    with session() as client:
        _show(client.get_hears(room_of(client, room).id))


def set_hears(
    room: RoomName,
    silence: Annotated[
        list[str] | None,
        typer.Option(metavar="LISTENER:SPEAKER", help="The listener does not hear the speaker."),
    ] = None,
    gain: Annotated[
        list[str] | None,
        typer.Option(metavar="LISTENER:SPEAKER=DB", help="The listener hears the speaker so much louder."),
    ] = None,
    whisper: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEAKER:LISTENER,...", help="Only these listeners hear the speaker."),
    ] = None,
    coach: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COACH:PARTICIPANT", help="Only this participant hears the coach, who hears all."
        ),
    ] = None,
) -> None:
    """Set who hears whom, by ids of participants, in place of all rules before; without options all hear all."""
    exceptions = [_gain(each) for each in gain or ()]
    pairs: list[PairBody] = [{"listener": one, "speaker": other} for one, other in map(_pair, silence or ())]
    whispers: list[WhisperBody] = [
        {"speaker": _id(speaker), "listeners": [_id(each) for each in listeners.split(",")]}
        for speaker, listeners in map(_parts, whisper or ())
    ]
    coaches: list[CoachBody] = [
        {"coach": one, "participant": other} for one, other in map(_pair, coach or ())
    ]
    with session() as client:
        id = room_of(client, room).id
        _show(
            client.replace_hears(
                id,
                exceptions=exceptions,
                mute_for_one=pairs,
                whisper=whispers,
                coach=coaches,
            )
        )


def _show(rules: Hears) -> None:
    if is_json():
        shown(rules)
        return
    listed(
        rules.result,
        {
            "listener": lambda each: each.listener,
            "speaker": lambda each: each.speaker,
            "hears": lambda each: "nothing" if each.gain_db is None else f"{each.gain_db:+g} dB",
        },
    )


def _gain(text: str) -> ExceptionBody:
    pair, _, gain_db = text.partition("=")
    listener, speaker = _pair(pair)
    try:
        return {"listener": listener, "speaker": speaker, "gain_db": float(gain_db)}
    except ValueError:
        raise Failed(f"{text}: a gain is LISTENER:SPEAKER=DB, with a number of decibels") from None


def _pair(text: str) -> tuple[UUID, UUID]:
    one, other = _parts(text)
    return _id(one), _id(other)


def _parts(text: str) -> tuple[str, str]:
    one, colon, other = text.partition(":")
    if not colon:
        raise Failed(f"{text}: two ids of participants have a colon between them")
    return one, other


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Failed(
            f"{text} is no id of a participant: `mixminus participants list ROOM` shows them"
        ) from None


COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {
    "lock": lock,
    "unlock": unlock,
    "hears": hears,
    "set-hears": set_hears,
}
"""By their names in ``mixminus rooms``."""
