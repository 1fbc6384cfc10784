"""The console's Flows view, in a real browser, against a real server."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.app.server import Server, serve
from tests.console.pages import api, log_in, opened
from tests.console.test_join_page import browser

pytestmark = pytest.mark.usefixtures("built")

REFUSED = 3
"""Answers that the test provokes: a fault in an action, and two changes that came in between."""
FINISH = "00000000-0000-0000-0000-000000000002"


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
        await change_each_part(page, server)
        await discard_for_another_change(page, server)
        await stop_a_run(page)
        await delete_it(page, server)


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


async def change_each_part(page: Page, server: Server) -> None:
    """Describe the flow, add actions with options of each kind, move one, remove one."""
    after = (await api(server, "POST", "/flows", name="Night service"))["id"]
    await page.reload()
    await page.get_by_label("Description", exact=True).fill("By day")
    await page.get_by_label("Flow after it, without the call").select_option(label="Night service")
    await add(page, "transcribe_start")
    transcribing = page.locator(".card.action").nth(3)
    await transcribing.get_by_label("Language", exact=True).fill("en")
    await transcribing.get_by_label("Translate to", exact=True).fill("es")
    await transcribing.get_by_text("More options").click()
    await transcribing.get_by_label("Then continue with").select_option(label="The end of the flow")
    await page.get_by_role("button", name="Move action 4 up").click()
    await page.get_by_role("button", name="Remove action 2").click()
    await add(page, "connect")
    connecting = page.locator(".card.action").nth(3)
    for _ in range(2):
        await connecting.get_by_role("button", name="Add destination").click()
    first = connecting.get_by_role("group", name="Destination 1")
    await first.get_by_label("Type (required)").select_option("sip")
    await first.get_by_label("Target (required)").fill("ann@example.com")
    await connecting.get_by_role("button", name="Remove destination 2").click()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("not saved")).to_be_hidden()
    flow = await the_flow(server, "Mine")
    assert (flow["detail"], flow["on_complete_flow_id"]) == ("By day", after)
    assert [each["type"] for each in flow["actions"]] == ["sleep", "transcribe_start", "goto", "connect"]
    _, transcribed, _, connected = flow["actions"]
    assert transcribed["option"] == {"language": "en", "translate_to": "es"}
    assert transcribed["next_id"] == FINISH
    assert connected["option"] == {"destinations": [{"type": "sip", "target": "ann@example.com"}]}


async def the_flow(server: Server, name: str) -> Any:
    (found,) = [each for each in (await api(server, "GET", "/flows"))["result"] if each["name"] == name]
    return found


async def discard_for_another_change(page: Page, server: Server) -> None:
    flow = await the_flow(server, "Mine")
    wait = [{"type": "sleep", "option": {"duration": 600_000}}]
    await api(server, "PUT", f"/flows/{flow['id']}", name="Theirs", actions=wait)
    await page.get_by_label("Name", exact=True).first.fill("Mine again")
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.get_by_role("button", name="Discard mine, show the other version").click()
    await expect(page.get_by_role("heading", level=1, name="Theirs")).to_be_visible()
    await expect(page.locator(".card.action")).to_have_count(1)


async def stop_a_run(page: Page) -> None:
    await page.get_by_role("button", name="Run without a call").click()
    status = page.locator(".view-head").get_by_role("status")
    await expect(status).to_have_text("running")
    await page.get_by_role("button", name="Stop", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Stop this run").click()
    await expect(status).to_have_text("ended")
    await page.get_by_role("link", name="its flow").click()


async def delete_it(page: Page, server: Server) -> None:
    await page.get_by_role("button", name="Delete this flow").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete this flow").click()
    row = page.get_by_role("row", name="Night service")
    await expect(row).to_be_visible()
    await page.get_by_label("Find in flows").fill("Theirs")
    await expect(page.get_by_text("Nothing has “Theirs” in it.")).to_be_visible()
    await page.get_by_label("Find in flows").fill("night")
    await expect(row).to_be_visible()
    assert [each["name"] for each in (await api(server, "GET", "/flows"))["result"]] == ["Night service"]
