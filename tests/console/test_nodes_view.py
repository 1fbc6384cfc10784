"""The console's Nodes view, in a real browser, against two real nodes: what they carry, draining, and a node that dies."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.app.server import serve
from tests.console.pages import WITHIN_MS, Site, log_in, opened
from tests.console.test_console_accessibility import AXE, RUN, SERIOUS, WIDER
from tests.console.test_join_page import browser
from tests.support.database import postgresql_url
from tests.support.nodes import running_nodes
from tests.support.server import ACCESS_KEY, Server

pytestmark = pytest.mark.usefixtures("built")


@dataclass(frozen=True, slots=True)
class Console:
    """The console of a node."""

    base: str


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Server]]:
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with running_nodes(folders, postgresql_url()) as running:
        yield running


def address_of(node: Server) -> str:
    seen = node.call("GET", "/nodes").json
    return next(str(each["address"]) for each in seen["result"] if each["id"] == seen["here"])


async def test_a_node_is_drained_undrained_and_seen_to_die(nodes: list[Server]) -> None:
    first, second = (address_of(node) for node in nodes)
    nodes[0].new_room(name="counted")
    async with browser() as chromium, opened(chromium, Console(nodes[1].url)) as page:
        await log_in(page, ACCESS_KEY)
        await page.get_by_role("link", name="Nodes").click()
        rows = {each: page.get_by_role("row", name=each) for each in (first, second)}
        await expect(rows[first]).to_contain_text("the leader")
        await expect(rows[second]).to_contain_text("answers this page")
        await expect(rows[first].get_by_role("cell").nth(2)).to_have_text("1", timeout=WITHIN_MS)
        log = page.get_by_role("log", name="Changes of nodes")
        await drain_and_undrain(page, first, log)
        await expect(rows[second]).to_contain_text("the leader", timeout=WITHIN_MS)
        nodes[0].kill()
        await expect(log).to_contain_text(f"{first} is gone", timeout=WITHIN_MS)
        await expect(rows[first]).to_contain_text("Gone")
        await expect(rows[first].get_by_role("button")).to_have_count(0)


async def drain_and_undrain(page: Page, address: str, log: Any) -> None:
    row = page.get_by_role("row", name=address)
    await row.get_by_role("button", name="Drain").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Its rooms go to other nodes")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(row).to_contain_text("Serving")
    await row.get_by_role("button", name="Drain").click()
    await dialog.get_by_role("button", name=f"Drain {address}").click()
    await expect(row).to_contain_text("Draining")
    await expect(log).to_contain_text(f"{address} drains", timeout=WITHIN_MS)
    await expect(page.get_by_text(f"{address} drains, and has no call and no room left")).to_be_visible()
    await expect(log).to_contain_text("is the leader", timeout=WITHIN_MS)
    await row.get_by_role("button", name="Undrain").click()
    await dialog.get_by_role("button", name=f"Undrain {address}").click()
    await expect(log).to_contain_text(f"{address} serves again", timeout=WITHIN_MS)


async def test_a_server_that_is_alone_has_no_page_of_nodes(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await log_in(page)
        await expect(page.get_by_role("link", name="Server", exact=True)).to_be_visible()
        await expect(page.get_by_role("link", name="Nodes")).to_have_count(0)
        await page.goto(f"{server.base}/console/#/nodes")
        await expect(page.get_by_role("heading", name="This server is alone")).to_be_visible()


@pytest.mark.slow
async def test_axe_finds_nothing_serious_in_the_nodes(nodes: list[Server]) -> None:
    site = Console(nodes[0].url)
    async with browser() as chromium:
        for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)):
            assert await findings(chromium, site, scheme, width) == []


async def findings(chromium: Browser, site: Site, scheme: Any, width: int) -> list[Any]:
    """Return what axe finds in the view, with a node that drains, and in the question before draining."""
    context = await chromium.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,
        reduced_motion="reduce",
    )
    page = await context.new_page()
    page.set_default_timeout(WITHIN_MS)
    await page.goto(site.base)
    await log_in(page, ACCESS_KEY)
    await page.goto(f"{site.base}/console/#/nodes")
    found: list[Any] = []
    for button, log in (("Drain", "drains"), ("Undrain", "serves again")):
        await page.get_by_role("button", name=button, exact=True).first.click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        found += await serious(page)
        await page.get_by_role("dialog").locator("button.danger").click()
        await expect(page.get_by_role("log", name="Changes of nodes")).to_contain_text(log)
        found += await serious(page)
    await context.close()
    return found


async def serious(page: Page) -> list[Any]:
    await page.evaluate(AXE.read_text())
    found = [each for each in await page.evaluate(RUN) if each["impact"] in SERIOUS]
    return found + [("wider than the window", each) for each in await page.evaluate(WIDER)]
