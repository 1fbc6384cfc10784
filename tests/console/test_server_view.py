"""The console's Server view, in a real browser, against a real server and a real receiver of webhooks."""

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
from tests.support.webhook_receiver import WebhookReceiver, open_receiver

pytestmark = pytest.mark.usefixtures("built")


async def test_deliveries_are_shown_with_their_attempts_and_sent_again(tmp_path: Path) -> None:
    async with (
        serve(tmp_path) as server,
        open_receiver() as receiver,
        browser() as chromium,
        opened(chromium, server) as page,
    ):
        await log_in(page)
        await resend_what_was_refused(page, server, receiver)
        await resend_to_the_webhook_of_a_run(page, server, receiver)
        await expect(page.locator(".figure", has_text="SIP workers").locator("strong")).to_have_text(
            re.compile(r"^[1-9]\d*$")
        )
        used = page.get_by_role("region", name="CPU by role")
        for role in ("Control", "Mixing", "SIP workers"):
            await expect(used).to_contain_text(role)
        assert sum(map(float, re.findall(r"([\d.]+) %", await used.inner_text()))) > 0


async def test_registered_phones_are_shown_with_what_they_call_themselves(tmp_path: Path) -> None:
    settings = {"MIXMINUS_SIP_HOST": ADDRESS, "MIXMINUS_SIP_DIGESTS": "md5"}
    async with (
        serve(tmp_path, settings=settings) as server,
        browser() as chromium,
        opened(chromium, server) as page,
    ):
        await log_in(page)
        made = {"extension": "201", "password": "Secret-4711-x"}
        await api(server, "POST", "/extensions", **made)
        await page.goto(f"{server.base}/console/#/server")
        registrations = page.get_by_role("region", name="Registrations")
        await expect(registrations.get_by_text("No phone is registered")).to_be_visible()
        microphone = write_wav(tmp_path / "silence.wav", tone(440.0, 1.0, amplitude=0.0))
        login = f"<sip:201@{ADDRESS}:{server.sip_port}>;auth_user=201;auth_pass={made['password']};regint=300"
        with Baresip(tmp_path / "phone63", microphone, login=login, number=63):
            row = registrations.get_by_role("row", name="201")
            await expect(row).to_contain_text("baresip", timeout=WITHIN_MS)
            await expect(row).to_contain_text(f"UDP {ADDRESS}:")
            await page.goto(f"{server.base}/console/#/extensions")
            extension = page.get_by_role("row", name="201")
            await expect(extension.get_by_text("registered", exact=True)).to_be_visible(timeout=WITHIN_MS)
            await expect(extension).to_contain_text("baresip")
        await expect(extension).to_contain_text("not registered", timeout=WITHIN_MS)


async def resend_what_was_refused(page: Page, server: Server, receiver: WebhookReceiver) -> None:
    receiver.answer(404)
    await api(server, "PUT", "/customer", name="Ann", webhook_method="POST", webhook_uri=receiver.uri)
    await api(server, "POST", "/conferences", type="conference", name="Board")
    await receiver.got(2)
    await page.goto(f"{server.base}/console/#/server")
    deliveries = page.get_by_role("region", name="Webhook deliveries")
    row = deliveries.get_by_role("row", name="conference_created")
    await expect(row).to_contain_text("undelivered")
    await row.get_by_text("1 attempt; the last: 404").click()
    await expect(row.get_by_role("listitem")).to_have_count(1)
    await row.get_by_role("button", name="Send again").click()
    await expect(page.get_by_text("1 event sent again.")).to_be_visible()
    await expect(row).to_contain_text("delivered")
    await expect(row).to_contain_text("2 attempts; the last: 200")
    await expect(row.get_by_role("listitem")).to_have_count(2)
    assert receiver.types == ["conference_created", "conference_updated", "conference_created"]
    await expect(deliveries.get_by_role("button", name="Send all again")).to_be_hidden()


async def resend_to_the_webhook_of_a_run(page: Page, server: Server, receiver: WebhookReceiver) -> None:
    body = {"actions": [{"type": "sleep", "option": {"duration": 1}}], "webhook_uri": f"{receiver.uri}/run"}
    run = await api(server, "POST", "/activeflows", **body)
    deliveries = page.get_by_role("region", name="Webhook deliveries")
    link = f"run {run['id'][:8]}"
    row = deliveries.get_by_role("row", name="activeflow_created").filter(has_text=link)
    await expect(deliveries.get_by_role("row", name="activeflow_created")).to_have_count(2)
    await row.get_by_role("button", name="Send again").click()
    await expect(row).to_contain_text("2 attempts; the last: 200")
    sent = [each.path for each in receiver.received if each.type == "activeflow_created"]
    assert sorted(sent) == ["/hook", "/hook/run", "/hook/run"]
    await expect(row.get_by_role("link", name=link)).to_have_attribute("href", f"#/flows/runs/{run['id']}")
