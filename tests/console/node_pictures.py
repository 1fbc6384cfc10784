"""Pictures of the console's page Nodes: three servers on one database, of which one drains."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, expect

from tests.console.pages import WITHIN_MS, log_in
from tests.console.pictures import SCHEMES, SETTLED_MS, SIZES, save
from tests.console.test_join_page import browser
from tests.support.database import close_server, postgresql_url
from tests.support.nodes import running_nodes
from tests.support.server import ACCESS_KEY, Server

__all__ = ["take_nodes"]

ROOMS = (14, 9, 11)


def take_nodes(folder: Path, scratch: Path) -> None:
    """Take a picture of the page in each colour scheme and size."""
    with _cluster(scratch) as nodes:
        asyncio.run(_take_all(folder, nodes))


@contextmanager
def _cluster(scratch: Path) -> Iterator[list[Server]]:
    """Run three nodes that have rooms."""
    folders = [scratch / f"node{number}" for number in range(len(ROOMS))]
    for folder in folders:
        folder.mkdir()
    try:
        with running_nodes(folders, postgresql_url()) as nodes:
            for node, count in zip(nodes, ROOMS, strict=True):
                for _ in range(count):
                    node.new_room()
            yield nodes
    finally:
        close_server()


async def _take_all(folder: Path, nodes: list[Server]) -> None:
    async with browser() as chromium:
        for size in SIZES:
            for scheme in SCHEMES:
                await _take(chromium, nodes, folder, scheme=scheme, size=size)


async def _take(chromium: Browser, nodes: list[Server], folder: Path, *, scheme: Any, size: str) -> None:
    """Take a picture while the last node drains, which the page has seen."""
    width, height = SIZES[size]
    context = await chromium.new_context(
        color_scheme=scheme, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    page = await context.new_page()
    page.set_default_timeout(WITHIN_MS)
    await page.goto(nodes[0].url)
    await log_in(page, ACCESS_KEY)
    await page.goto(f"{nodes[0].url}/console/#/nodes")
    await expect(page.get_by_text("Serving", exact=True)).to_have_count(len(nodes))
    last = (await asyncio.to_thread(nodes[-1].call, "GET", "/nodes")).json["here"]
    await asyncio.to_thread(nodes[0].call, "POST", f"/nodes/{last}/drain")
    await expect(page.get_by_text("Draining", exact=True)).to_be_visible()
    await expect(page.get_by_role("log", name="Changes of nodes")).to_contain_text("drains")
    await expect(page.get_by_text("has no call and no room left")).to_be_visible()
    await page.wait_for_timeout(SETTLED_MS)
    await save(page, folder / f"nodes-{scheme}-{size}.webp")
    await asyncio.to_thread(nodes[0].call, "POST", f"/nodes/{last}/undrain")
    await expect(page.get_by_text("Serving", exact=True)).to_have_count(len(nodes))
    await context.close()
