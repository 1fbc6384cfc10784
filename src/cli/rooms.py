"""``mixminus rooms``: conferences and the participants in them."""

import time
from typing import Annotated, Final, Literal
from uuid import UUID

import typer
from rich.live import Live

from mixminus.cli.common import Failed, commands, session
from mixminus.cli.output import age, console, line, listed, shown, table
from mixminus.client import Client
from mixminus.client.generated.inputs import GroupBody
from mixminus.client.generated.models import BreakoutRoom, Conference, Conferencecall, Playback, Talker
from mixminus.client.request import UNSET

__all__ = ["RoomName", "app", "room_of"]

app: Final = commands("Rooms: create, list, watch and close them.")
participants: Final = commands("Participants of rooms.")
RoomName = Annotated[
    str, typer.Argument(metavar="ROOM", help="Id of a room, or its name if no other has it.")
]
ParticipantId = Annotated[UUID, typer.Argument(metavar="PARTICIPANT", help="Id of a participant.")]
Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="In the folder of sounds, or http(s) URLs.")
]
DAY_S: Final = 86_400
_LIVE: Final = ("starting", "progressing")
_REFRESH_S: Final = 0.25


def room_of(client: Client, name: str) -> Conference:
    """Return the room with an id, or the one open room with a name."""
    try:
        return client.get_conference(UUID(name))
    except ValueError:
        found = [room for room in client.list_conferences() if room.name == name and room.status in _LIVE]
    if len(found) == 1:
        return found[0]
    problem = f"{len(found)} rooms have" if found else "no open room has"
    raise Failed(f"{problem} the name {name}: `mixminus rooms list` shows the ids")


@app.command("list")
def list_rooms() -> None:
    """List rooms."""
    with session() as client:
        listed(
            client.list_conferences(),
            {
                "id": lambda room: room.id,
                "name": lambda room: room.name,
                "status": lambda room: room.status,
                "people": lambda room: len(room.conferencecall_ids),
                "recording": lambda room: room.recording_id.int != 0,
                "age": lambda room: age(room.tm_create),
            },
        )


@app.command("create")
def create_room(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    pin: Annotated[str, typer.Option(help="Digits that participants enter.")] = "",
    seats: Annotated[int, typer.Option(help="The most participants; 0 for no limit.")] = 0,
    timeout: Annotated[int, typer.Option(help="Seconds until it closes by itself; 0 for never.")] = 0,
    record: Annotated[bool, typer.Option("--record", help="Record from the first participant on.")] = False,
    language: Annotated[str, typer.Option(help="Language that is spoken, BCP 47, such as es.")] = "",
) -> None:
    """Create a room, and print how to enter it."""
    with session() as client:
        room = client.create_conference(
            type="conference",
            name=name,
            pin=pin or UNSET,
            max_participants=seats,
            timeout=timeout,
            record_on_start=record,
            language=language,
        )
        shown(room)


@app.command("show")
def show_room(room: RoomName) -> None:
    """Show a room."""
    with session() as client:
        shown(room_of(client, room))


@app.command("close")
def close_room(room: RoomName) -> None:
    """Close a room: everybody in it is removed."""
    with session() as client:
        closed = client.delete_conference(room_of(client, room).id)
        line(f"{closed.name or closed.id} is {closed.status}", id=closed.id, status=closed.status)


@app.command("invite")
def invite(
    room: RoomName,
    name: Annotated[str, typer.Option(help="The guest's name; without it the guest chooses one.")] = "",
    expire: Annotated[int, typer.Option(help="Seconds until the link expires.")] = DAY_S,
) -> None:
    """Create a link by which a guest joins a room from a browser, and nothing else. It is shown only once."""
    with session() as client:
        link = client.create_guest_link(room_of(client, room).id, name=name, expire=expire)
        url = f"{str(client.http.base_url).rstrip('/')}/{link.path}"
        line(url, id=link.id, url=url, tm_expire=link.tm_expire)


@app.command("invitations")
def invitations(room: RoomName) -> None:
    """List the guest links of a room, also expired ones."""
    with session() as client:
        listed(
            client.list_guest_links(room_of(client, room).id),
            {
                "id": lambda link: link.id,
                "name": lambda link: link.name,
                "expires": lambda link: link.tm_expire,
                "age": lambda link: age(link.tm_create),
            },
        )


@app.command("revoke")
def revoke(
    room: RoomName, link: Annotated[UUID, typer.Argument(metavar="LINK", help="Id of a guest link.")]
) -> None:
    """Revoke a guest link. Guests that are in the room stay there."""
    with session() as client:
        revoked = client.delete_guest_link(room_of(client, room).id, link)
        line(f"revoked {revoked.id}", id=revoked.id)


@app.command("watch")
def watch_room(
    room: RoomName,
    once: Annotated[bool, typer.Option("--once", help="Print the present state, and end.")] = False,
) -> None:
    """Watch the participants of a room, with their levels and the quality of their lines, until Ctrl-C."""
    with session() as client:
        id = room_of(client, room).id
        if once:
            listed(client.list_talking(id).result, _COLUMNS)
            return
        with Live(console=console, refresh_per_second=4, transient=False) as live:
            while client.get_conference(id).status in _LIVE:
                live.update(table(client.list_talking(id).result, _COLUMNS), refresh=True)
                time.sleep(_REFRESH_S)


@app.command("message")
def send_message(
    room: RoomName,
    text: str,
    to: Annotated[UUID | None, typer.Option(help="Id of the only participant that it is for.")] = None,
    name: Annotated[str, typer.Option(help="Name of the sender.")] = "",
) -> None:
    """Send a chat message to a room, or to one participant."""
    with session() as client:
        id = room_of(client, room).id
        sent = client.send_chat_message(id, text=text, recipient_id=to or UNSET, sender_name=name)
        line(f"{sent.id} is sent", id=sent.id)


@app.command("messages")
def list_messages(room: RoomName) -> None:
    """List the chat messages of a room, newest first."""
    with session() as client:
        listed(
            client.list_chat_messages(room_of(client, room).id),
            {
                "id": lambda each: each.id,
                "from": lambda each: each.sender_name,
                "to": lambda each: each.recipient_id if each.recipient_id.int else "all",
                "text": lambda each: each.text,
                "age": lambda each: age(each.tm_create),
            },
        )


@app.command("say")
def say_to_room(
    room: RoomName,
    text: str,
    language: Annotated[str, typer.Option(help="BCP 47; empty for the room's.")] = "",
    duck: Annotated[float, typer.Option(help="Lower the talkers by dB meanwhile.")] = 0.0,
) -> None:
    """Say a text to all participants of a room."""
    with session() as client:
        id = room_of(client, room).id
        _queued(client.talk_to_conference(id, text=text, language=language, duck_db=duck))


@app.command("play")
def play_to_room(
    room: RoomName,
    files: Files,
    loop: Annotated[int, typer.Option(help="How many times; 0 until it is stopped.")] = 1,
    gain: Annotated[float, typer.Option(help="Gain in dB.")] = 0.0,
    duck: Annotated[float, typer.Option(help="Lower the talkers by dB meanwhile.")] = 0.0,
) -> None:
    """Play files to all participants of a room."""
    with session() as client:
        id = room_of(client, room).id
        _queued(client.play_to_conference(id, stream_urls=files, loop=loop, gain_db=gain, duck_db=duck))


@app.command("playbacks")
def playbacks(room: RoomName) -> None:
    """List what plays, waits, or was played lately in a room."""
    with session() as client:
        listed(
            client.list_playbacks(room_of(client, room).id).result,
            {
                "id": lambda each: each.id,
                "status": lambda each: each.status,
                "what": lambda each: each.text or " ".join(each.stream_urls),
                "participant": lambda each: each.conferencecall_id if each.conferencecall_id.int else "all",
                "error": lambda each: each.error,
                "age": lambda each: age(each.tm_create),
            },
        )


@app.command("stop")
def stop_playback(
    playback: Annotated[UUID, typer.Argument(metavar="PLAYBACK", help="Id of a playback.")],
) -> None:
    """Stop a playback of a room or a participant."""
    with session() as client:
        stopped = client.stop_playback(playback)
        line(f"{stopped.id} is {stopped.status}", id=stopped.id, status=stopped.status)


@participants.command("admit")
def admit_participant(id: ParticipantId) -> None:
    """Admit a participant that waits in the lobby."""
    with session() as client:
        admitted = client.admit_conferencecall(id)
        line(f"{admitted.label or admitted.id} is admitted", id=admitted.id)


@participants.command("refuse")
def refuse_participant(id: ParticipantId) -> None:
    """Refuse a participant that waits in the lobby."""
    with session() as client:
        refused = client.refuse_conferencecall(id)
        line(f"{refused.label or refused.id} is {refused.status}", id=refused.id, status=refused.status)


@participants.command("move")
def move_participant(id: ParticipantId, room: RoomName) -> None:
    """Move a participant to another room."""
    with session() as client:
        moved = client.move_conferencecall(id, conference_id=room_of(client, room).id)
        line(f"{moved.id} is {moved.status}", id=moved.id, status=moved.status)


@participants.command("say")
def say_to_participant(
    id: ParticipantId,
    text: str,
    language: Annotated[str, typer.Option(help="BCP 47; empty for the room's.")] = "",
) -> None:
    """Say a text to one participant."""
    with session() as client:
        _queued(client.talk_to_conferencecall(id, text=text, language=language))


@participants.command("play")
def play_to_participant(id: ParticipantId, files: Files) -> None:
    """Play files to one participant."""
    with session() as client:
        _queued(client.play_to_conferencecall(id, stream_urls=files))


@app.command("breakout")
def breakout(
    room: RoomName,
    groups: Annotated[
        list[str],
        typer.Argument(metavar="GROUP...", help="Ids of the participants of one group, separated by commas."),
    ],
) -> None:
    """Divide a room into breakout rooms, one for each group."""
    with session() as client:
        chosen: list[GroupBody] = [
            {"conferencecall_ids": [UUID(each) for each in group.split(",")]} for group in groups
        ]
        for made in client.start_breakout(room_of(client, room).id, groups=chosen).result:
            _breakout_room(made)


@app.command("reunite")
def end_breakout(room: RoomName) -> None:
    """Move all participants of the breakout rooms back, and close these rooms."""
    with session() as client:
        for ended in client.end_breakout(room_of(client, room).id).result:
            _breakout_room(ended)


@participants.command("list")
def list_participants(room: RoomName) -> None:
    """List who is in a room."""
    with session() as client:
        id = room_of(client, room).id
        listed(
            (each for each in client.list_conferencecalls(conference_id=id) if each.status != "leaved"),
            {
                "id": lambda each: each.id,
                "label": lambda each: each.label,
                "status": lambda each: each.status,
                "role": lambda each: each.role,
                "muted": lambda each: each.muted,
                "deaf": lambda each: each.deaf,
                "waiting": lambda each: each.waiting,
                "hand": lambda each: each.hand_raised,
                "since": lambda each: age(each.tm_create),
            },
        )


@participants.command("change")
def change_participant(
    id: ParticipantId,
    muted: Annotated[bool | None, typer.Option("--mute/--unmute", help="Not heard by the others.")] = None,
    deaf: Annotated[bool | None, typer.Option("--deaf/--hearing", help="Does not hear the others.")] = None,
    gain: Annotated[float | None, typer.Option(help="Gain in dB for the others.")] = None,
    label: Annotated[str | None, typer.Option(help="A name of your own.")] = None,
    role: Annotated[Literal["participant", "moderator"] | None, typer.Option(help="Its role.")] = None,
    hand: Annotated[bool | None, typer.Option("--raise-hand/--lower-hand", help="Its hand.")] = None,
) -> None:
    """Change how a participant hears and is heard."""
    with session() as client:
        shown(
            client.change_conferencecall(
                id, muted=muted, deaf=deaf, gain_db=gain, label=label, role=role, hand_raised=hand
            )
        )


@participants.command("kick")
def kick_participant(id: ParticipantId) -> None:
    """Remove a participant from its room."""
    with session() as client:
        left: Conferencecall = client.kick_conferencecall(id)
        line(f"{left.label or left.id} is {left.status}", id=left.id, status=left.status)


def _breakout_room(room: BreakoutRoom) -> None:
    refused = "".join(f", {each.conferencecall_id} stays: {each.message}" for each in room.refused)
    count = len(room.conferencecalls)
    line(f"{room.conference_id}  {room.name}  {count} moved{refused}", id=room.conference_id, moved=count)


def _queued(playback: Playback) -> None:
    line(f"{playback.id} is {playback.status}", id=playback.id, status=playback.status)


def _meter(talker: Talker) -> str:
    """Return a level from -60 dBov to 0 dBov as a bar of 12 characters."""
    return "#" * round(max(0, talker.level_dbov + 60) / 5)


_COLUMNS: Final = {
    "name": lambda each: each.name,
    "level": lambda each: f"{_meter(each):12}",
    "talking": lambda each: each.talking,
    "muted": lambda each: each.muted,
    "loss": lambda each: f"{each.loss:.1%}",
    "jitter": lambda each: f"{each.jitter_ms:.0f} ms",
    "buffer": lambda each: f"{each.delay_ms:.0f} ms",
    "round trip": lambda each: "" if each.round_trip_ms is None else f"{each.round_trip_ms:.0f} ms",
    "MOS": lambda each: "" if each.mos is None else f"{each.mos:.1f}",
    "id": lambda each: each.conferencecall_id,
}
