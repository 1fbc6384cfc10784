"""``mixminus transcribe`` and ``mixminus transcripts``."""

from pathlib import Path
from typing import Annotated, Final, Literal
from uuid import UUID

import typer

from mixminus.cli.common import commands, session
from mixminus.cli.output import line, listed
from mixminus.cli.rooms import RoomName, room_of
from mixminus.client import Client
from mixminus.client.generated.models import Transcript
from mixminus.client.request import UNSET

__all__ = ["app", "transcribe"]

app: Final = commands("Transcripts: list, search and export them.")
TranscribeId = Annotated[UUID, typer.Argument(metavar="TRANSCRIBE", help="Id of a transcription.")]
TranslateTo = Annotated[str, typer.Option(help="Language to translate to, BCP 47.")]
Language = Annotated[
    str, typer.Option(help="Language that is spoken, BCP 47; required unless the room has one.")
]


def transcribe(room: RoomName, language: Language = "", translate_to: TranslateTo = "") -> None:
    """Transcribe a room, and print what is said, or its translation, until Ctrl-C."""
    with session() as client:
        id = room_of(client, room).id
        after = client.newest_event()
        transcribe_id = client.start_transcribing(
            id, language=language or UNSET, translate_to=translate_to or UNSET
        ).transcribe_id
        try:
            _follow(client, transcribe_id, after)
        except KeyboardInterrupt:
            client.stop_transcribing(id)
        line(f"transcribed {transcribe_id}", id=transcribe_id)


@app.command("create")
def create_transcribe(
    recording: Annotated[UUID, typer.Argument(metavar="RECORDING", help="Id of a recording.")],
    language: Language = "",
    translate_to: TranslateTo = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is done.")] = False,
) -> None:
    """Transcribe a recording."""
    with session() as client:
        after = client.newest_event()
        made = client.create_transcribe(
            language=language or UNSET,
            translate_to=translate_to or UNSET,
            reference_type="recording",
            reference_id=recording,
        )
        if wait:
            _follow(client, made.id, after)
        line(f"transcribed {made.id}" if wait else f"transcribes as {made.id}", id=made.id)


@app.command("stop")
def stop_transcribe(transcribe: TranscribeId) -> None:
    """Stop a transcription."""
    with session() as client:
        stopped = client.stop_transcribe(transcribe)
        line(f"{stopped.id} is {stopped.status}", id=stopped.id, status=stopped.status)


@app.command("list")
def list_transcribes() -> None:
    """List transcriptions."""
    with session() as client:
        listed(
            client.list_transcribes(),
            {
                "id": lambda each: each.id,
                "of": lambda each: "room" if each.reference_type == "confbridge" else each.reference_type,
                "status": lambda each: each.status,
                "language": lambda each: each.language,
                "created": lambda each: each.tm_create,
            },
        )


@app.command("show")
def show_transcripts(transcribe: TranscribeId) -> None:
    """Print what was said, oldest first."""
    with session() as client:
        listed(reversed(list(client.list_transcripts(transcribe_id=transcribe))), _COLUMNS)


@app.command("search")
def search(
    words: Annotated[list[str], typer.Argument(help="Words that an utterance has, all of them.")],
) -> None:
    """Search in all transcripts."""
    with session() as client:
        listed(
            client.search_transcripts(q=" ".join(words)), {**_COLUMNS, "of": lambda each: each.transcribe_id}
        )


@app.command("export")
def export(
    transcribe: TranscribeId,
    path: Annotated[Path, typer.Argument(help="File to write.")],
    format: Annotated[Literal["vtt", "srt", "json", "txt"], typer.Option(help="Format of the file.")] = "txt",
    language: Annotated[
        str, typer.Option(help="Texts in this language, BCP 47, where they are translated to it.")
    ] = "",
) -> None:
    """Save a transcription as a file."""
    with session() as client:
        path.write_bytes(client.export_transcribe(transcribe, format=format, language=language or UNSET).body)
        line(f"saved {path}", id=transcribe, file=path)


def _follow(client: Client, id: UUID, after: int) -> None:
    for event in client.events(after=after):
        # One that was erased has no transcription.
        if event.type == "transcript_created" and event.data.get("transcribe_id") == str(id):
            text = next(iter(event.data["translations"].values()), event.data["message"])
            line(f"{event.data['label'] or 'participant'}: {text}", **event.data)
        if event.type == "transcribe_done" and event.data["id"] == str(id):
            return


def _at(transcript: Transcript) -> str:
    seconds = int(transcript.start_s)
    return f"{seconds // 60:02}:{seconds % 60:02}"


_COLUMNS: Final = {"at": _at, "participant": lambda each: each.label, "text": lambda each: each.message}
