"""A page of the console, and what went wrong in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from aiohttp import ClientSession
from playwright.async_api import Browser, Page, expect

from tests.app.server import KEY

__all__ = ["WITHIN_MS", "Site", "api", "log_in", "opened"]

WITHIN_MS = 30_000


class Site(Protocol):
    """A server that has the console."""

    @property
    def base(self) -> str:
        """Its URL, without a slash at the end."""
        ...


@asynccontextmanager
async def opened(chromium: Browser, server: Site, *, expected: int = 0) -> AsyncIterator[Page]:
    """Open the console; whatever its scripts or its policy complain about fails the test.

    ``expected`` answers may be refusals, which the browser logs as errors.
    """
    page = await chromium.new_page()
    page.set_default_timeout(WITHIN_MS)
    problems: list[str] = []
    refused: list[str] = []

    def note(text: str) -> None:
        (refused if text.startswith("Failed to load resource") else problems).append(text)

    page.on("console", lambda message: note(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((server.base, "data:", "blob:")) else problems.append(request.url)
        ),
    )
    await page.goto(server.base)
    yield page
    assert problems == []
    assert len(refused) == expected, refused


async def log_in(page: Page, key: str = KEY) -> None:
    """Log in with an access key, and wait for the live connection."""
    await page.get_by_role("button", name="Access key").click()
    await page.get_by_label("Access key", exact=True).fill(key)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.locator(".connection[data-state=live]")).to_be_visible(timeout=WITHIN_MS)


async def api(server: Site, method: str, path: str, **body: object) -> Any:
    """Send a request with the operator's key, and return what the server answers to it."""
    async with (
        ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
        session.request(method, f"{server.base}/v1.0{path}", json=body or None) as response,
    ):
        assert response.status == 200, await response.text()
        return await response.json()
