"""The console's numbers, extensions and trunks, in a real browser, against a real server."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, api, log_in, opened
from tests.console.test_join_page import browser
from tests.support.baresip import Baresip
from tests.support.netns import ADDRESS
from tests.support.tones import tone, write_wav

pytestmark = pytest.mark.usefixtures("built")

REACHABLE = {
    "MIXMINUS_SIP_HOST": ADDRESS,
    "MIXMINUS_PUBLIC_HOST": ADDRESS,
    "MIXMINUS_SIP_DIGESTS": "md5",  # all that baresip before 2.0 knows
}


async def test_numbers_extensions_and_trunks_are_made_changed_and_deleted(tmp_path: Path) -> None:
    async with (
        serve(tmp_path, settings=REACHABLE) as server,
        browser() as chromium,
        opened(chromium, server, expected=1) as page,
    ):
        await log_in(page)
        await number_that_leads_to_a_flow(page, server)
        await extension_and_its_phone(page, server, tmp_path)
        await trunk_that_keeps_its_password(page, server)


async def fill(page: Page, button: str, **fields: str) -> None:
    dialog = page.get_by_role("dialog")
    for label, value in fields.items():
        await dialog.get_by_label(label.replace("_", " "), exact=False).first.fill(value)
    await dialog.get_by_role("button", name=button, exact=True).click()


async def number_that_leads_to_a_flow(page: Page, server: Server) -> None:
    flow = await api(server, "POST", "/flows", name="Reception")
    await page.goto(f"{server.base}/console/#/numbers")
    await page.get_by_role("button", name="New number").click()
    await fill(page, "Create number", Number="not a number")
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("pattern")
    await page.get_by_role("dialog").get_by_label("Flow of its calls").select_option(label="Reception")
    await fill(page, "Create number", Number="+15550100")
    row = page.get_by_role("row", name="+15550100")
    await expect(row.get_by_role("link", name="Reception")).to_be_visible()
    await row.get_by_role("button", name="Edit this number").click()
    await fill(page, "Save", Name="Front desk")
    await expect(row).to_contain_text("Front desk")
    (number,) = (await api(server, "GET", "/numbers"))["result"]
    assert (number["name"], number["call_flow_id"]) == ("Front desk", flow["id"])
    await row.get_by_role("button", name="Delete this number").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete this number").click()
    await expect(row).to_be_hidden()
    assert (await api(server, "GET", "/numbers"))["result"] == []


async def extension_and_its_phone(page: Page, server: Server, folder: Path) -> None:
    await page.goto(f"{server.base}/console/#/extensions")
    await page.get_by_role("button", name="New extension").click()
    await fill(page, "Create extension", Extension="201", Password="Secret-4711-x")
    row = page.get_by_role("row", name="201")
    await row.get_by_role("button", name="Edit this extension").click()
    await fill(page, "Save", Name="Ann")
    await expect(row).to_contain_text("Ann")
    await expect(row).to_contain_text("not registered")
    (extension,) = (await api(server, "GET", "/extensions"))["result"]
    assert (extension["name"], extension["password"]) == ("Ann", "Secret-4711-x"), "it keeps its password"

    await row.get_by_role("button", name="Set up a phone").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("auth_pass=Secret-4711-x")
    own = f"{ADDRESS}:{server.sip_port}"
    await expect(dialog).to_contain_text(f"<sip:201@{own}>;auth_user=201")
    await a_phone_registers_with_what_is_shown(page, folder)
    drawn = dialog.locator("svg.qr path").last
    before = await drawn.get_attribute("d")
    await dialog.get_by_label("Server, as phones reach it").fill("pbx.example.com")
    await expect(dialog).to_contain_text(
        f"<sip:201@pbx.example.com:{server.sip_port};transport=tcp>;auth_user=201"
    )
    await dialog.get_by_label("Transport").select_option("udp")
    await dialog.get_by_label("SIP port").fill("5070")
    await expect(dialog).to_contain_text("<sip:201@pbx.example.com:5070>;auth_user=201")
    await expect(dialog.get_by_role("img", name="QR code for Grandstream Wave")).to_be_visible()
    assert await drawn.get_attribute("d") != before
    await dialog.get_by_label("Server, as phones reach it").fill("2001:db8::1")
    await dialog.get_by_label("Transport").select_option("tls")
    await dialog.get_by_label("SIP port").fill("5061")
    await expect(dialog).to_contain_text("reg_proxy=<sip:[2001:db8::1];transport=tls>")
    await expect(dialog).to_contain_text(
        "pjsua --use-tls --id sip:201@[2001:db8::1] --registrar 'sip:[2001:db8::1];transport=tls'"
    )
    await dialog.get_by_role("button", name="Close").click()
    await row.get_by_role("button", name="Set up a phone").click()
    await expect(dialog.get_by_label("Server, as phones reach it")).to_have_value("2001:db8::1")
    await dialog.get_by_role("button", name="Use the server’s own address").click()
    await expect(dialog.get_by_label("Server, as phones reach it")).to_have_value(ADDRESS)
    await dialog.get_by_label("Transport").select_option("udp")
    await expect(dialog.get_by_label("SIP port")).to_have_value(str(server.sip_port))
    await dialog.get_by_role("button", name="Close").click()


async def a_phone_registers_with_what_is_shown(page: Page, folder: Path) -> None:
    """Register baresip by the text for it, over UDP and over TCP; the server's port is not 5060."""
    dialog = page.get_by_role("dialog")
    microphone = write_wav(folder / "silence.wav", tone(440.0, 1.0, amplitude=0.0))
    for number, transport in ((61, "UDP"), (62, "TCP")):
        await dialog.get_by_label("Transport").select_option(label=transport)
        account = await dialog.locator("section:has-text('baresip') pre").inner_text()
        directory, spoken = folder / f"phone{number}", transport.lower()
        with Baresip(directory, microphone, login=account, transport=spoken, number=number) as phone:
            await asyncio.to_thread(phone.wait_for_log, "200 OK", what=f"{account} registers")
            await expect(dialog.get_by_role("status")).to_contain_text(
                re.compile(rf"Registered: baresip .*, {transport} {re.escape(ADDRESS)}:\d+"),
                timeout=WITHIN_MS,
            )


async def trunk_that_keeps_its_password(page: Page, server: Server) -> None:
    await page.goto(f"{server.base}/console/#/trunks")
    await page.get_by_role("button", name="New trunk").click()
    await fill(
        page,
        "Create trunk",
        Name="Carrier",
        Domain_name="carrier",
        Identified_by="basic",
        Username="trunk",
        Password="Secret-4711-x",
    )
    row = page.get_by_role("row", name="Carrier")
    await expect(row).to_contain_text("password")
    await row.get_by_role("button", name="Edit this trunk").click()
    await fill(page, "Save", Description="Second contract")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    (trunk,) = (await api(server, "GET", "/trunks"))["result"]
    assert (trunk["detail"], trunk["password"], trunk["auth_types"]) == (
        "Second contract", "Secret-4711-x", ["basic"],
    )  # fmt: skip
