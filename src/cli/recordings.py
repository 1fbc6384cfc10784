"""``mixminus record`` and ``mixminus recordings``."""

import time
from pathlib import Path
from typing import Annotated, Final, Literal
from uuid import UUID

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from mixminus.cli.common import Failed, commands, is_json, session
from mixminus.cli.output import age, console, line, listed, shown
from mixminus.cli.rooms import RoomName, room_of
from mixminus.client import Client
from mixminus.client.generated.models import Recording
from mixminus.clock import SystemClock

__all__ = ["app", "record"]

app: Final = commands("Recordings: list, save, verify and delete them.")
RecordingId = Annotated[UUID, typer.Argument(metavar="RECORDING", help="Id of a recording.")]
Format = Literal["wav", "flac", "ogg", "mp3", "m4a"]
CLOCK: Final = SystemClock()
_POLL_S: Final = 0.25


def record(
    room: RoomName,
    save: Annotated[Path | None, typer.Option(help="File to write when it has ended.")] = None,
    format: Annotated[Format, typer.Option(help="Format of the file.")] = "wav",
    seconds: Annotated[float, typer.Option("--for", help="Seconds to record; 0 until Ctrl-C.")] = 0,
    stereo: Annotated[
        bool, typer.Option("--stereo", help="The first participant left, all others right.")
    ] = False,
) -> None:
    """Record a room until Ctrl-C, or for some seconds."""
    with session() as client:
        id = room_of(client, room).id
        channels: Literal["mono", "stereo"] = "stereo" if stereo else "mono"
        recording_id = client.start_recording(id, format=format, channels=channels).recording_id
        _wait(client, recording_id, seconds)
        if client.get_recording(recording_id).status == "recording":
            client.stop_recording(id)
        recording = _ended(client, recording_id)
        if save:
            _save(client, recording, save)
        line(f"recorded {recording.id}" + (f" into {save}" if save else ""), id=recording.id, file=save)


@app.command("list")
def list_recordings(
    room: Annotated[
        str, typer.Option(help="Only those of a room: its id, or its name while it is open.")
    ] = "",
) -> None:
    """List recordings."""
    with session() as client:
        found = (
            client.list_recordings(reference_type="confbridge", reference_id=room_of(client, room).id)
            if room
            else client.list_recordings()
        )
        listed(
            found,
            {
                "id": lambda each: each.id,
                "of": lambda each: "room" if each.reference_type == "confbridge" else each.reference_type,
                "status": lambda each: each.status,
                "format": lambda each: each.format,
                "created": lambda each: each.tm_create,
                "length": _length,
                "age": lambda each: age(each.tm_create),
            },
        )


@app.command("show")
def show_recording(recording: RecordingId) -> None:
    """Show a recording."""
    with session() as client:
        shown(client.get_recording(recording))


@app.command("save")
def save_recording(
    recording: RecordingId,
    path: Annotated[Path, typer.Argument(help="File to write.")],
    track: Annotated[str, typer.Option(help="One participant's track, of a recording with stems.")] = "",
) -> None:
    """Save a recording as a file; if it is still encoded, wait for it."""
    with session() as client:
        _save(client, _ended(client, recording), path, track)
        line(f"saved {path}", id=recording, file=path)


@app.command("verify")
def verify(recording: RecordingId) -> None:
    """Check on the server whether a recording is unchanged."""
    with session() as client:
        result = client.verify_recording(recording)
        for finding in result.findings:
            line(" ".join(str(value) for value in finding.model_dump().values()), **finding.model_dump())
        line("intact" if result.intact else "changed", intact=result.intact)
        if not result.intact:
            raise typer.Exit(1)


@app.command("delete")
def delete(recording: RecordingId) -> None:
    """Delete a recording and its files."""
    with session() as client:
        line(f"deleted {client.delete_recording(recording).id}", id=recording)


def _wait(client: Client, id: UUID, seconds: float) -> None:
    """Wait for Ctrl-C, for a time, or for the recording's end."""
    until = CLOCK.monotonic_s() + seconds if seconds else float("inf")
    if not is_json():
        console.print("recording, until Ctrl-C" if not seconds else f"recording for {seconds:g} s")
    try:
        while (left := until - CLOCK.monotonic_s()) > 0:
            time.sleep(min(left, _POLL_S))
            if client.get_recording(id).status not in {"initiating", "recording"}:
                return
    except KeyboardInterrupt:
        return


def _ended(client: Client, id: UUID) -> Recording:
    """Wait until a recording has ended and is encoded."""
    while True:
        recording = client.get_recording(id)
        if recording.error:
            raise Failed(f"the recording is incomplete: {recording.error}")
        if recording.status == "ended":
            return recording
        if recording.status == "recording":
            raise Failed("it is still being recorded: stop it, or wait for its end")
        time.sleep(_POLL_S)


def _save(client: Client, recording: Recording, path: Path, track: str = "") -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=is_json() or not console.is_terminal) as progress:
        task = progress.add_task(path.name, total=None)
        client.save_recording(
            recording.id,
            path,
            track=track,
            progress=lambda done, total: progress.update(task, completed=done, total=total or None),
        )


def _length(recording: Recording) -> str:
    if not (recording.tm_start and recording.tm_end):
        return ""
    seconds = round((recording.tm_end - recording.tm_start).total_seconds())
    return f"{seconds // 60}:{seconds % 60:02}"
