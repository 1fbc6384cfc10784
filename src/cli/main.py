"""The ``mixminus`` command: its groups of commands, and how a failure ends it."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from mixminus.cli import (
    accounts,
    backups,
    broadcasts,
    call_control,
    calls,
    captions,
    customers,
    directory,
    directory_changes,
    doctor,
    events,
    flows,
    groups,
    listeners,
    moderation,
    nodes,
    privacy,
    recordings,
    room_rules,
    rooms,
    runs,
    servers,
    speakings,
    streams,
    traces,
    transcripts,
    usage,
)
from mixminus.cli.common import Failed, commands
from mixminus.client import ApiError, ClientError
from mixminus.client.errors import ConnectionFailed, Unauthenticated

__all__ = ["main"]

EXIT_FAILED: Final = 1
app: Final = commands("A conference server for phones and browsers, and the commands for it.")
server: Final = typer.Typer()
for name, group in {
    "rooms": rooms.app,
    "participants": rooms.participants,
    "calls": calls.app,
    "streams": streams.app,
    "speakings": speakings.app,
    "recordings": recordings.app,
    "transcripts": transcripts.app,
    "traces": traces.app,
    "events": events.app,
    "flows": flows.app,
    "runs": runs.app,
    "groups": groups.app,
    "numbers": directory.numbers,
    "extensions": directory.extensions,
    "trunks": directory.trunks,
    "customers": customers.app,
    "keys": accounts.keys,
    "agents": accounts.agents,
    "audits": accounts.audits,
    "credits": usage.credits,
    "privacy": privacy.app,
    "nodes": nodes.app,
    "profiles": servers.profiles,
}.items():
    app.add_typer(group, name=name)
app.command("record")(recordings.record)
app.command("transcribe")(transcripts.transcribe)
app.command("captions")(captions.captions)
app.command("usage")(usage.usage)
app.command("balance")(usage.balance)
app.command("doctor")(doctor.doctor)
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.command("rotate-key")(backups.rotate_key)
calls.app.command("trace")(traces.trace)
for name, control in {**call_control.COMMANDS, **streams.CALL_COMMANDS}.items():
    calls.app.command(name)(control)
for name, moderate in {
    **moderation.COMMANDS,
    **room_rules.COMMANDS,
    **streams.ROOM_COMMANDS,
    **listeners.COMMANDS,
    **broadcasts.COMMANDS,
}.items():
    rooms.app.command(name)(moderate)
for directory_group, verbs in (
    (directory.numbers, directory_changes.NUMBERS),
    (directory.extensions, directory_changes.EXTENSIONS),
    (directory.trunks, directory_changes.TRUNKS),
):
    for name, change in verbs.items():
        directory_group.command(name)(change)


PASSED_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@server.command("serve", context_settings=PASSED_ON)
def serve(context: typer.Context) -> None:
    """Run the server until SIGTERM or SIGINT."""
    raise typer.Exit(_of_the_server(["serve", *context.args]))


@server.command("verify-recording", context_settings=PASSED_ON)
def verify_recording(context: typer.Context) -> None:
    """Check whether the folder of a recording is unchanged; needs no server."""
    raise typer.Exit(_of_the_server(["verify-recording", *context.args]))


@app.callback(invoke_without_command=True)
def about(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """A conference server for phones and browsers, and the commands for it."""
    if version:
        raise typer.Exit(_of_the_server(["--version"]))


app.add_typer(server)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 when done, 1 for a failure, 2 for a wrong command or setting."""
    try:
        app(list(arguments) if arguments is not None else None, prog_name="mixminus")
    except SystemExit as end:
        return int(end.code or 0)
    except (ClientError, Failed) as error:
        sys.stderr.write(f"mixminus: {error}{_advice(error)}\n")
        return EXIT_FAILED
    except BrokenPipeError:
        # The reader has seen enough, such as `head`; Python would complain once more when it closes stdout.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        return EXIT_FAILED
    return 0


def _advice(error: Exception) -> str:
    if isinstance(error, ConnectionFailed):
        return "\nStart it with `mixminus serve`, or name another with --url or --profile."
    if isinstance(error, Unauthenticated):
        return (
            "\nName a key with --key, MIXMINUS_KEY or --profile; `mixminus serve` prints one when it starts."
        )
    if isinstance(error, ApiError) and error.request_id:
        return f"\nThe server's log has more under {error.request_id}."
    return ""


def _of_the_server(arguments: list[str]) -> int:
    from mixminus.app.launch import main as run  # noqa: PLC0415 -- other commands start without the server's code

    return run(arguments)
