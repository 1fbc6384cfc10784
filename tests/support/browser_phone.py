"""A phone in headless Chromium: JsSIP or SIP.js over a secure WebSocket, with a wav file as microphone."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Route, async_playwright

from tests.support.chromium import EXECUTABLE, FLAGS

__all__ = ["BrowserPhone", "Stack", "browser_phone", "bundle"]

Stack = Literal["jssip", "sip.js"]

_BUNDLE = Path("build/browser_phones/phones.js")
_RECORDER = Path(__file__).with_name("chromium.js")
_ORIGIN = "http://127.0.0.1/"  # a secure context, which the microphone needs


class ScriptedPage(Protocol):
    """A page of a browser, whatever drives it."""

    async def evaluate(self, expression: str, arg: Any = None, /) -> Any:
        """Call a JavaScript function with a JSON value; return what it returns or resolves to."""


class BrowserPhone:
    """One page with one phone, which has registered."""

    def __init__(self, page: ScriptedPage, stack: Stack) -> None:
        self._page = page
        self._stack = stack

    async def start(self, url: str, *, user: str, password: str, domain: str) -> None:
        """Connect and register."""
        await self._do(
            "start",
            {"url": url, "uri": f"sip:{user}@{domain}", "user": user, "password": password, "realm": domain},
        )

    async def call(self, target: str) -> None:
        """Call, and return once audio is connected."""
        await self._do("call", target)

    async def answer(self) -> None:
        """Answer the call that rings now or next, and return once audio is connected."""
        await self._do("answer")

    async def hold(self, on: bool) -> None:
        """Hold or resume by a re-INVITE; return when it is answered."""
        await self._do("hold", on)

    async def restart_ice(self) -> None:
        """Send a re-INVITE with new ICE credentials; return when it is answered."""
        await self._do("restartIce")

    async def info(self, digit: str) -> None:
        """Send a digit by INFO."""
        await self._do("info", digit)

    async def press(self, digits: str) -> None:
        """Send digits by RFC 4733."""
        await self._page.evaluate("digits => press(digits)", digits)

    async def hear(self, seconds: float) -> NDArray[np.int16]:
        """Return the next ``seconds`` of what the page plays, 48 kHz mono."""
        encoded: str = await self._page.evaluate("seconds => hear(seconds)", seconds)
        return np.frombuffer(base64.b64decode(encoded), np.int16)

    async def statistics(self) -> dict[str, dict[str, Any]]:
        """Return getStats() by type."""
        found: dict[str, dict[str, Any]] = await self._page.evaluate("() => statistics()")
        return found

    async def transfer(self, target: str) -> None:
        """Refer the far end to ``target``; return when the server has accepted it."""
        await self._do("transfer", target)

    async def consult(self, target: str) -> None:
        """Hold the call and make a second one, and return once its audio is connected."""
        await self._do("consult", target)

    async def transfer_to_consulted(self) -> None:
        """Refer the far end of the first call to that of the second, whose call it replaces (RFC 3891)."""
        await self._do("transferToConsulted")

    async def hang_up(self) -> None:
        """Send BYE, and return when the call is over."""
        await self._do("hangUp")

    async def hung_up(self) -> None:
        """Return when the server has hung up."""
        await self._page.evaluate("stack => phones[stack].ended.then(() => {})", self._stack)

    async def stop(self) -> None:
        """Unregister and disconnect."""
        await self._do("stop")

    async def _do(self, name: str, argument: object = None) -> None:
        await self._page.evaluate(
            "([stack, name, argument]) => phones[stack][name](argument).then(() => {})",
            [self._stack, name, argument],
        )


@asynccontextmanager
async def browser_phone(stack: Stack, microphone: Path, log: list[str]) -> AsyncIterator[BrowserPhone]:
    """Start a browser that trusts any certificate; its console goes to ``log``."""
    script = bundle()
    page_text = f"<!doctype html><meta charset=utf-8><script>{_RECORDER.read_text()}</script><script src=phones.js></script>"

    async def serve(route: Route) -> None:
        if route.request.url.endswith("phones.js"):
            await route.fulfill(body=script, content_type="text/javascript")
        else:
            await route.fulfill(body=page_text, content_type="text/html")

    flags = [
        *FLAGS,
        f"--use-file-for-fake-audio-capture={microphone}",
        "--ignore-certificate-errors",
        # The page is not of the local network, as a company's own would be.
        "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, headless=True, args=flags)
        try:
            page = await browser.new_page()
            page.on("console", lambda message: log.append(message.text))
            page.on("pageerror", lambda error: log.append(str(error)))
            await page.route("**/*", serve)
            await page.goto(_ORIGIN)
            yield BrowserPhone(page, stack)
        finally:
            await browser.close()


def bundle() -> str:
    """Return the script with the SIP stacks, which tools/build_browser_phones.sh makes."""
    assert _BUNDLE.exists(), "the SIP stacks are not there: run tools/build_browser_phones.sh"
    return _BUNDLE.read_text()
