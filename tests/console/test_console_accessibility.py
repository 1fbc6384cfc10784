"""axe-core finds nothing serious in the console, in light and dark, wide and narrow."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, log_in
from tests.console.test_console_room import make_room
from tests.console.test_join_page import browser

pytestmark = [pytest.mark.usefixtures("built"), pytest.mark.slow]

AXE = Path(__file__).parents[2] / "console/node_modules/axe-core/axe.min.js"
RUN = """async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})).violations
  .map(each => ({id: each.id, impact: each.impact, where: each.nodes.map(node => node.target.join(' ') + ': ' + node.failureSummary)}))"""
SERIOUS = ("serious", "critical")


async def findings(chromium: Browser, server: Server, scheme: Any, width: int) -> list[Any]:
    """Return the serious findings of every view."""
    # The policy of the page refuses scripts from elsewhere, and so it should.
    context = await chromium.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,
        reduced_motion="reduce",
    )
    page = await context.new_page()
    page.set_default_timeout(WITHIN_MS)
    await page.goto(server.base)
    found: list[Any] = []

    async def check(view: str) -> None:
        await page.evaluate(AXE.read_text())
        found.extend((view, each) for each in await page.evaluate(RUN) if each["impact"] in SERIOUS)

    await expect(page.get_by_role("button", name="Log in")).to_be_visible()
    await check("login")
    await log_in(page)
    await expect(page.get_by_role("heading", name="Rooms")).to_be_visible()
    await check("rooms")
    await page.get_by_role("button", name="New room").first.click()
    await expect(page.get_by_role("button", name="Create room")).to_be_visible()
    await check("new room")
    await page.keyboard.press("Escape")
    await make_room(page, f"Room {scheme} {width}")
    await check("empty room")
    await page.get_by_role("button", name="Only listen").click()
    await expect(page.locator(".participant")).to_be_visible()
    await page.locator(".participant button.who").click()
    await expect(page.locator(".details")).to_be_visible()
    await check("room")
    for tab in ("Who hears whom", "Captions"):
        await page.get_by_role("tab", name=tab).click()
        await check(tab)
    await page.get_by_role("button", name="Call somebody").click()
    await check("call somebody")
    await context.close()
    return found


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
)
async def test_axe_finds_nothing_serious(tmp_path: Path, scheme: str, width: int) -> None:
    async with serve(tmp_path) as server, browser() as chromium:
        assert await findings(chromium, server, scheme, width) == []
