"""Headless Firefox, with one tone as microphone, driven by WebDriver BiDi."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from tests.support.bidi import Tab, tab

__all__ = ["firefox"]

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 10.0


_PREFERENCES: Final[dict[str, bool | int | str]] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "network.proxy.type": 0,
    # Nothing is there to answer in the private network.
    "app.update.disabledForTesting": True,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.url": "http://127.0.0.1:1/",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:1/",
}


def _make_profile(directory: Path, tone_hz: float) -> None:
    directory.mkdir()
    preferences = {**_PREFERENCES, "media.navigator.audio.fake_frequency": round(tone_hz)}
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items())
    (directory / "user.js").write_text("".join(lines))


@asynccontextmanager
async def firefox(directory: Path, tone_hz: float, log: list[str]) -> AsyncIterator[Tab]:
    """Start a browser whose profile is in ``directory``; its page's console goes to ``log``."""
    _make_profile(directory, tone_hz)
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "Firefox is missing: apt-get install firefox-esr"
    process = await asyncio.create_subprocess_exec(
        program,
        "--headless",
        "--no-remote",
        "--profile",
        str(directory),
        "--remote-debugging-port",
        "0",
        env={**os.environ, "HOME": str(directory), "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    try:
        async with asyncio.timeout(_START_TIMEOUT_S):
            url = await _listening(process.stderr)
        draining = asyncio.create_task(process.stderr.read())
        async with tab(url, log) as opened:
            yield opened
        draining.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOP_TIMEOUT_S)
            except TimeoutError:
                process.kill()
        await process.wait()


async def _listening(output: asyncio.StreamReader) -> str:
    said = ""
    while line := (await output.readline()).decode(errors="replace"):
        said += line
        if "WebDriver BiDi listening on " in line:
            return line.rpartition(" ")[2].strip()
    raise AssertionError(f"Firefox has not started: {said}")
