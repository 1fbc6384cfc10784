"""``mixminus backup`` and ``restore``: the database and the data folder as one file; they need no server."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from mixminus.cli.common import Failed, is_json
from mixminus.cli.output import console, line
from mixminus.clock import SystemClock
from mixminus.errors import MixMinusError
from mixminus.version import installed_version

if TYPE_CHECKING:
    from mixminus.app.backup.archive import Progress as Report

__all__ = ["backup", "restore", "rotate_key"]

GIB = 1 << 30
WITH_KEY = "it has the key of its passwords: keep it as safe as the server"
WITHOUT_KEY = (
    "it has not the key of its passwords: keep a copy of the key elsewhere, it cannot be restored without"
)


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="File to write, such as mixminus.tar.")],
    without_key: Annotated[
        bool,
        typer.Option("--without-key", help="Leave out the key that decrypts the passwords in the backup."),
    ] = False,
) -> None:
    """Write the database and all recordings to one file, while the server runs. Run it with the server's settings.

    The file holds secrets: keys of TLS, and the key that decrypts the passwords of phones and trunks, unless it is left
    out or comes from MIXMINUS_SECRETS_KEY. Recordings in an external storage are not in it.
    """
    # Other commands start without the server's code.
    from mixminus.app.backup.backup import back_up, size_of  # noqa: PLC0415
    from mixminus.app.secret_keys import KEY_FILE  # noqa: PLC0415
    from mixminus.app.settings import load  # noqa: PLC0415
    from mixminus.store.examination import examine  # noqa: PLC0415

    with _failures():
        settings = load()
        examined = asyncio.run(examine(settings.database))
        with _progress("backup", size_of(settings)) as report:
            made = back_up(
                settings,
                target,
                examined,
                version=installed_version() or "0",
                now=SystemClock().now(),
                progress=report,
                with_key=not without_key,
            )
    size, has_key = target.stat().st_size, KEY_FILE in made.files
    line(
        f"{target}: {len(made.files)} files, {size / GIB:.2f} GiB; {WITH_KEY if has_key else WITHOUT_KEY}",
        file=str(target),
        files=len(made.files),
        size=size,
        has_key=has_key,
    )


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="File that `mixminus backup` has written.")],
) -> None:
    """Restore a backup into the empty data folder and the empty database that the settings name.

    Everything is checked first: every file against its SHA-256, the database, and the recordings against their
    timelines.
    """
    from mixminus.app.backup.restore import restore as restored_from  # noqa: PLC0415
    from mixminus.app.settings import load  # noqa: PLC0415

    with _failures():
        if not source.is_file():
            raise Failed(f"there is no file {source}")
        with _progress("restore", source.stat().st_size) as report:
            done = asyncio.run(restored_from(load(), source, report))
    made = done.manifest
    line(
        f"restored {len(made.files)} files of {made.created}, {done.recordings} recordings verified",
        files=len(made.files),
        created=made.created,
        version=made.version,
        recordings_verified=done.recordings,
    )


def rotate_key() -> None:
    """Encrypt the passwords in the database with a new key, while no server runs. Run it with the server's settings.

    The new key replaces that in the data folder's secrets.key. Backups keep the key that they were made with.
    """
    from mixminus.app.secret_keys import rotate_key as rotated  # noqa: PLC0415
    from mixminus.app.settings import load  # noqa: PLC0415

    with _failures():
        key = asyncio.run(rotated(load(), SystemClock()))
    line(f"the passwords are encrypted with the new key {key}", key=key)


@contextmanager
def _progress(text: str, total: int) -> Iterator["Report"]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=is_json() or not console.is_terminal) as progress:
        task = progress.add_task(text, total=total or None)
        yield lambda size: progress.advance(task, size)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except MixMinusError as error:
        raise Failed(str(error)) from None
