"""``mixminus backup`` and ``restore``: the database and the data folder as one file; they need no server."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from mixminus.cli.common import Failed, is_json
from mixminus.cli.output import console, line
from mixminus.clock import SystemClock
from mixminus.errors import MixMinusError

if TYPE_CHECKING:
    from mixminus.app.backup.archive import Progress as Report

__all__ = ["backup", "restore"]

GIB = 1 << 30


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="File to write, such as mixminus.tar.")],
) -> None:
    """Write the database and all recordings to one file, while the server runs. Run it with the server's settings.

    The file holds secrets: passwords of phones and keys of TLS. Recordings in an external storage are not in it.
    """
    # Other commands start without the server's code.
    from mixminus.app.backup.backup import back_up, size_of  # noqa: PLC0415
    from mixminus.app.settings import load  # noqa: PLC0415
    from mixminus.store.examination import examine  # noqa: PLC0415

    with _failures():
        settings = load()
        examined = asyncio.run(examine(settings.database))
        with _progress("backup", size_of(settings)) as report:
            made = back_up(
                settings, target, examined, version=_version(), now=SystemClock().now(), progress=report
            )
    size = target.stat().st_size
    line(
        f"{target}: {len(made.files)} files, {size / GIB:.2f} GiB",
        file=str(target),
        files=len(made.files),
        size=size,
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


def _version() -> str:
    try:
        return version("mixminus")
    except PackageNotFoundError:  # run from its source tree
        return "0"
