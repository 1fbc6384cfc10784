"""``mixminus doctor``: what is wrong with this machine and these settings, and what to do about it."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.text import Text

from mixminus.cli.common import is_json
from mixminus.cli.output import console, records
from mixminus.clock import SystemClock

__all__ = ["doctor"]

STYLES: Final = {"ok": "green", "unknown": "cyan", "warning": "yellow", "failed": "bold red"}
EXIT_FAILED: Final = 1


def doctor(
    host: Annotated[str | None, typer.Option(help="The address that `serve --host` is given.")] = None,
) -> None:
    """Check what the server needs on this machine: run it as the server's user, with its settings.

    Exits with 1 if something prevents the server from working; warnings do not.
    """
    # Other commands start without the server's code.
    from mixminus.app.doctor.finding import Finding, Level, failed  # noqa: PLC0415
    from mixminus.app.doctor.report import examined  # noqa: PLC0415
    from mixminus.app.settings import BadSettings, load  # noqa: PLC0415

    given = dict.fromkeys(("http_host", "sip_host", "webrtc_host"), host) if host else {}
    findings: list[Finding] = []

    def add(finding: Finding) -> None:
        findings.append(finding)
        if not is_json():
            _print(finding.check, finding.level, finding.found, finding.remedy)

    async def run() -> None:
        try:
            settings = load(**given)
        except BadSettings as error:
            for line in str(error).splitlines():
                add(failed("settings", line, "correct it: `mixminus serve --help` lists all settings"))
            return
        async for finding in examined(settings, SystemClock()):
            add(finding)

    asyncio.run(run())
    if is_json():
        records([asdict(finding) for finding in findings])
    if any(finding.level is Level.FAILED for finding in findings):
        raise typer.Exit(EXIT_FAILED)


def _print(check: str, level: str, found: str, remedy: str) -> None:
    console.print(Text.assemble((f"{level:8}", STYLES[level]), f"{check:13} {found}"), soft_wrap=True)
    if remedy:
        console.print(Text(f"{'':8}{'':13} -> {remedy}"), soft_wrap=True)
