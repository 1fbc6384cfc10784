"""A phone in headless Firefox: JsSIP or SIP.js over a secure WebSocket, with a tone as microphone."""

import base64
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from tests.support.browser_phone import BrowserPhone, Stack, bundle
from tests.support.firefox import firefox
from tests.support.ports import free_port

__all__ = ["SCRIPT", "FirefoxPhone", "firefox_phone", "opened"]

SCRIPT = Path(__file__).with_name("firefox.js").read_text()
_CHROMIUM_SCRIPT = Path(__file__).with_name("chromium.js").read_text()
_PAGE = (
    "<!doctype html><meta charset=utf-8>"
    "<script src=chromium.js></script><script src=firefox.js></script><script src=phones.js></script>"
)
_RATE_HZ = 48_000


class FirefoxPhone(BrowserPhone):
    """One tab with one phone."""

    async def hear(self, seconds: float) -> NDArray[np.int16]:
        """Return the next ``seconds`` of what the page plays, 48 kHz mono."""
        encoded: str = await self._page.evaluate("seconds => hear(seconds)", seconds)
        return opened(base64.b64decode(encoded))


def opened(recording: bytes) -> NDArray[np.int16]:
    """Decode what a MediaRecorder has recorded to 48 kHz mono."""
    resampler = av.AudioResampler("s16", "mono", _RATE_HZ)
    with av.open(io.BytesIO(recording), "r") as container:
        frames: list[Any] = [
            piece for frame in container.decode(audio=0) for piece in resampler.resample(frame)
        ]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


@asynccontextmanager
async def firefox_phone(
    stack: Stack, directory: Path, tone_hz: float, log: list[str]
) -> AsyncIterator[FirefoxPhone]:
    """Start a browser that trusts any certificate, with its profile in ``directory``; its console goes to ``log``."""
    files = {"/": _PAGE, "/chromium.js": _CHROMIUM_SCRIPT, "/firefox.js": SCRIPT, "/phones.js": bundle()}

    async def serve(request: web.Request) -> web.Response:
        if request.path not in files:
            raise web.HTTPNotFound
        kind = "text/javascript" if request.path.endswith(".js") else "text/html"
        return web.Response(text=files[request.path], content_type=kind)

    application = web.Application()
    application.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        port = free_port("127.0.0.1")
        await web.TCPSite(runner, "127.0.0.1", port).start()
        async with firefox(directory, tone_hz, log) as page:
            await page.goto(f"http://127.0.0.1:{port}/")  # a secure context, which the microphone needs
            yield FirefoxPhone(page, stack)
    finally:
        await runner.cleanup()
