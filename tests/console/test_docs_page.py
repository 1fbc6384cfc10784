"""The API reference at /docs in a real browser, against a real server."""

from pathlib import Path

from playwright.async_api import Page, expect

from mixminus.api.application import OPERATIONS
from tests.app.server import KEY, Server, serve
from tests.console.test_join_page import browser

WITHIN_MS = 30_000


async def open_reference(page: Page, server: Server) -> list[str]:
    """Open the page and return the list of what went wrong so far, which grows."""
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((server.base, "data:")) else problems.append(request.url)
        ),
    )
    await page.goto(f"{server.base}/docs")
    await page.wait_for_selector(".opblock", timeout=WITHIN_MS)
    return problems


async def test_docs_page_shows_every_operation_without_an_error(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium:
        page = await chromium.new_page()
        problems = await open_reference(page, server)
        # Long lists are drawn where they are visible only, so the whole page is scrolled through.
        seen: set[str | None] = set()
        for _ in range(400):
            seen.update(await page.eval_on_selector_all(".opblock", "blocks => blocks.map(each => each.id)"))
            if len(seen) == len(OPERATIONS):
                break
            await page.mouse.wheel(0, 600)
            await page.wait_for_timeout(50)
        assert len(seen) == len(OPERATIONS)
        assert problems == []


async def test_docs_page_sends_a_request_with_the_key(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium:
        page = await chromium.new_page()
        problems = await open_reference(page, server)
        await page.click(".authorize.unlocked")
        await page.locator(".auth-container input").first.fill(KEY)
        await page.locator(".auth-container .authorize").first.click()
        await page.click(".btn-done")
        create = page.locator("#operations-Conferences-createConference")
        await create.locator(".opblock-summary-control").click()
        await create.locator("textarea").fill('{"type": "conference", "name": "from the reference"}')
        await create.locator("button.execute").click()
        answer = create.locator(".live-responses-table")
        await expect(answer.locator(".response-col_status").last).to_contain_text("200", timeout=WITHIN_MS)
        await expect(answer).to_contain_text("from the reference")
        assert problems == []
