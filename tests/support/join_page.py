"""The join page in any browser: enter a room, and hear what the page plays."""

import base64
from typing import Any, Final, Protocol

from tests.support.firefox_phone import SCRIPT, opened
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import Pcm
from tests.support.waiting import until

__all__ = ["enter", "hear", "own_address", "press", "reaches"]

_RATE_HZ: Final = 48_000
_HEAR: Final = (
    f"seconds => {{ {SCRIPT}; return recording(document.getElementById('audio').srcObject, seconds); }}"
)
_PRESS: Final = """async digits => {
  const { dtmf } = session.pc.getSenders()[0];
  const done = new Promise((resolve) => { dtmf.ontonechange = ({ tone }) => tone || resolve(); });
  dtmf.insertDTMF(digits);
  await done;
}"""
_OWN_ADDRESS: Final = """async () => {
  const all = await session.pc.getStats();
  const pair = [...all.values()].find((each) => each.type === 'candidate-pair' && each.nominated);
  return all.get(pair.localCandidateId).address;
}"""


class Page(Protocol):
    """A page of a browser, whatever drives it."""

    async def goto(self, url: str, /) -> Any:
        """Load a page."""

    async def evaluate(self, expression: str, arg: Any = None, /) -> Any:
        """Call a JavaScript function with a JSON value; return what it returns or resolves to."""


async def enter(page: Page, server: Server, room: str, *, base: str = "") -> None:
    """Open the page under ``base``, by default the server's URL, and join with the microphone."""
    await page.goto(f"{base or server.url}/join#room={room}&name=Ann")
    await page.evaluate("key => { document.getElementById('key').value = key; return rooms(); }", ACCESS_KEY)
    await page.evaluate("() => document.getElementById('join').click()")
    await reaches(page, "joined")


async def reaches(page: Page, wanted: str) -> None:
    """Wait until the page is in this state: idle, joining, joined, reconnecting or failed."""

    async def is_reached() -> bool:
        state: str = await page.evaluate("() => document.body.dataset.state")
        return state == wanted

    await until(is_reached, within_s=20)


async def hear(page: Page, seconds: float) -> tuple[Pcm, int]:
    """Return the next ``seconds`` of what the page plays."""
    encoded = await page.evaluate(_HEAR, seconds)
    return opened(base64.b64decode(encoded)), _RATE_HZ


async def own_address(page: Page) -> str:
    """Return the browser's address from which its audio flows."""
    address: str = await page.evaluate(_OWN_ADDRESS)
    return address


async def press(page: Page, digits: str) -> None:
    """Send digits as the browser sends them (RFC 4733), and return after the last one; the page has no keypad."""
    await page.evaluate(_PRESS, digits)
