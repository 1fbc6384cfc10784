"""A WHIP client made of headless Chromium: a wav file as microphone, and PCM of what it plays.

The page needs no web server: playwright serves it, and hands its WHIP requests to the test.
"""

import base64
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page, Route, async_playwright

from tests.support.whip import Exchange

__all__ = ["EXECUTABLE", "FLAGS", "Chromium", "chromium"]

EXECUTABLE: Final = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), "chromium"
)
"""Debian's Chromium without windows, which starts in two thirds of the time; Ubuntu has the whole one alone."""
_SCRIPT = Path(__file__).with_name("chromium.js")
_ORIGIN = "http://127.0.0.1/"  # a secure context, which the microphone needs
_PAGE = f"<!doctype html><meta charset=utf-8><script>{_SCRIPT.read_text()}</script>"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
]


class Chromium:
    """One page with one RTCPeerConnection."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def join(
        self,
        *,
        trickle: bool = False,
        codec: str = "",
        strip_candidates: bool = False,
        ice_servers: Sequence[Mapping[str, str]] = (),
        relay_only: bool = False,
        listen: bool = False,
    ) -> None:
        """Join, and return once connected.

        ``trickle`` sends candidates by PATCH, ``codec`` offers only it, ``relay_only`` uses only TURN servers,
        ``listen`` offers to receive only, as a player does.
        """
        options = {
            "trickle": trickle,
            "codec": codec,
            "stripCandidates": strip_candidates,
            "iceServers": list(ice_servers),
            "relayOnly": relay_only,
            "listen": listen,
        }
        await self._page.evaluate("options => join(options)", options)

    async def hear(self, seconds: float) -> NDArray[np.int16]:
        """Return the next ``seconds`` of what the page plays, 48 kHz mono."""
        encoded: str = await self._page.evaluate("seconds => hear(seconds)", seconds)
        return np.frombuffer(base64.b64decode(encoded), np.int16)

    async def restart_ice(self) -> None:
        """Restart ICE by PATCH."""
        await self._page.evaluate("restartIce()")

    async def hung_up(self) -> None:
        """Return once the other side has closed DTLS; ``connectionState`` changes only about 5 s later."""
        await self._page.wait_for_function("participant.pc.getSenders()[0].transport.state === 'closed'")

    async def statistics(self) -> dict[str, dict[str, Any]]:
        """Return getStats() by type; of the candidate pairs and candidates, those in use."""
        found: dict[str, dict[str, Any]] = await self._page.evaluate("statistics()")
        return found

    async def mute(self, muted: bool) -> None:
        """Disable or enable the microphone's track."""
        await self._page.evaluate("muted => mute(muted)", muted)

    async def speak(self, pcm: NDArray[np.int16], sample_rate_hz: int) -> None:
        """Send this instead of the microphone, and return when it was played."""
        encoded = base64.b64encode(pcm.astype("<i2").tobytes()).decode()
        await self._page.evaluate("said => speak(said)", {"encoded": encoded, "rateHz": sample_rate_hz})

    async def press(self, digits: str) -> None:
        """Send DTMF, and return after the last digit."""
        await self._page.evaluate("digits => press(digits)", digits)

    async def leave(self) -> None:
        """Close the connection without an HTTP request."""
        await self._page.evaluate("leave()")


@asynccontextmanager
async def chromium(
    exchange: Exchange, microphone: Path, *, executable: str = EXECUTABLE
) -> AsyncIterator[Chromium]:
    """Start a browser; each has one fake microphone, whose path must be absolute."""

    async def exchange_json(method: str, path: str, headers: dict[str, str], body: str) -> dict[str, Any]:
        reply = await exchange(method, path, headers, body)
        return {"status": reply.status, "headers": dict(reply.headers), "body": reply.body}

    async def serve(route: Route) -> None:
        await route.fulfill(body=_PAGE, content_type="text/html")

    async with async_playwright() as playwright:
        flags = [*FLAGS, f"--use-file-for-fake-audio-capture={microphone}"]
        browser = await playwright.chromium.launch(executable_path=executable, headless=True, args=flags)
        try:
            page = await browser.new_page()
            await page.route("**/*", serve)
            await page.expose_function("exchange", exchange_json)
            await page.goto(_ORIGIN)
            yield Chromium(page)
        finally:
            await browser.close()
