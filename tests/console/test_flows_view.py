"""The console's Flows view, in a real browser, against a real server."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.app.server import Server, serve
from tests.console.pages import api, log_in, opened
from tests.console.test_join_page import browser

pytestmark = pytest.mark.usefixtures("built")

REFUSED = 2
"""Answers that the test provokes: a fault in an action, and a change that came in between."""


async def test_a_flow_is_made_corrected_saved_and_seen_running(tmp_path: Path) -> None:
    async with (
        serve(tmp_path) as server,
        browser() as chromium,
        opened(chromium, server, expected=REFUSED) as page,
    ):
        await log_in(page)
        await page.goto(f"{server.base}/console/#/flows")
        await page.get_by_role("link", name="New flow").click()
        await make_with_a_fault(page)
        await correct(page, server)
        await save_over_another_change(page, server)
        await see_it_run(page, server)


async def add(page: Page, type_: str) -> None:
    await page.get_by_label("Type of the new action").select_option(type_)
    await page.get_by_role("button", name="Add action").click()


async def make_with_a_fault(page: Page) -> None:
    await page.get_by_label("Name", exact=True).fill("Reception")
    for type_ in ("variable_set", "sleep", "goto"):
        await add(page, type_)
    first, second, third = (page.locator(".card.action").nth(index) for index in range(3))
    await first.get_by_label("Key", exact=True).fill("greeting")
    await first.get_by_label("Value", exact=True).fill("hello")
    await second.get_by_label("Duration", exact=True).fill("-1")
    await third.get_by_label("Target id", exact=True).select_option(label="2: Sleep")
    await third.get_by_label("Loop count", exact=True).fill("1")
    await page.get_by_role("button", name="Create flow").click()
    await expect(page.get_by_text("Action 2 has a fault: nothing was saved.")).to_be_visible()
    await expect(second.get_by_label("Duration", exact=True)).to_have_attribute("aria-invalid", "true")
    await expect(second.get_by_role("alert")).to_contain_text("is less than 0")
    await expect(page.locator(".card.action.faulty")).to_have_count(1)


async def correct(page: Page, server: Server) -> None:
    second = page.locator(".card.action").nth(1)
    await second.get_by_role("button", name="Use a variable for Duration").click()
    await second.get_by_label("Duration", exact=True).fill("${pause}")
    await second.get_by_role("button", name="Use a variable for Duration").click()
    await second.get_by_label("Duration", exact=True).fill("1500")
    await page.get_by_role("button", name="Create flow").click()
    await expect(page.get_by_role("heading", level=1, name="Reception")).to_be_visible()
    (flow,) = (await api(server, "GET", "/flows"))["result"]
    steps = flow["actions"]
    assert [each["type"] for each in steps] == ["variable_set", "sleep", "goto"]
    assert [each["option"] for each in steps] == [
        {"key": "greeting", "value": "hello"},
        {"duration": 1500},
        {"target_id": steps[1]["id"], "loop_count": 1},
    ]


async def save_over_another_change(page: Page, server: Server) -> None:
    (flow,) = (await api(server, "GET", "/flows"))["result"]
    await api(server, "PUT", f"/flows/{flow['id']}", name="Theirs", actions=flow["actions"])
    await page.get_by_label("Name", exact=True).fill("Mine")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("The flow has changed since you opened it")).to_be_visible()
    assert (await api(server, "GET", f"/flows/{flow['id']}"))["name"] == "Theirs"
    await page.get_by_role("button", name="Overwrite it with mine").click()
    await expect(page.get_by_role("heading", level=1, name="Mine")).to_be_visible()
    await page.get_by_role("button", name="Move action 1 down").click()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("not saved")).to_be_hidden()
    saved = await api(server, "GET", f"/flows/{flow['id']}")
    assert [each["type"] for each in saved["actions"]] == ["sleep", "variable_set", "goto"]


async def see_it_run(page: Page, server: Server) -> None:
    await page.get_by_role("button", name="Run without a call").click()
    steps = page.get_by_role("list", name="Steps").locator("> li")
    await expect(steps.first).to_contain_text("Sleep")
    await expect(steps.first.get_by_text("now")).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="ended")).to_be_visible()
    words = [await each.locator("strong").inner_text() for each in await steps.all()]
    assert words == ["Sleep", "Variable set", "Goto", "Sleep", "Variable set", "Goto"]
    await expect(steps.nth(1)).to_contain_text("greeting")
    await page.get_by_role("link", name="its flow").click()
    await expect(page.get_by_role("region", name="Runs").get_by_role("row")).to_have_count(2)
    assert len((await api(server, "GET", "/activeflows"))["result"]) == 1
