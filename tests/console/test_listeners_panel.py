"""The console's panel of listeners, in a real browser; the listener is a player in a page of its own."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.app.server import KEY, serve
from tests.console.pages import WITHIN_MS, log_in, opened
from tests.console.test_console_room import make_room
from tests.console.test_join_page import browser
from tests.support.ports import free_port

pytestmark = pytest.mark.usefixtures("built")

LISTEN = """async ([address, key]) => {
  const peer = window.peer = new RTCPeerConnection();
  peer.addTransceiver("audio", { direction: "recvonly" });
  await peer.setLocalDescription(await peer.createOffer());
  const headers = { "Content-Type": "application/sdp", Authorization: `Bearer ${key}` };
  const answer = await fetch(`${address}?name=Ann`, { method: "POST", headers, body: peer.localDescription.sdp });
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
}"""


async def test_a_listener_comes_is_shown_and_is_ended(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await log_in(page)
        room = await make_room(page, "Weekly meeting")
        await page.get_by_role("tab", name="Listeners").click()
        await expect(page.get_by_text("No listeners")).to_be_visible()
        address = f"{server.base}/v1.0/conferences/{room}/whep"
        await expect(page.get_by_role("region", name="Address for players")).to_contain_text(address)
        player = await chromium.new_page()
        await player.goto(server.base)
        await player.evaluate(LISTEN, [address, KEY])
        listener = page.get_by_role("region", name="Listeners").get_by_role("listitem")
        await expect(listener).to_contain_text("Ann", timeout=WITHIN_MS)
        await listener.get_by_role("button", name="End Ann").click()
        await expect(page.get_by_text("No listeners")).to_be_visible(timeout=WITHIN_MS)
        await player.wait_for_function("peer.getReceivers()[0].transport.state === 'closed'")


async def test_a_room_is_broadcast_and_that_is_stopped(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await log_in(page)
        room = await make_room(page, "Weekly meeting")
        await page.get_by_role("tab", name="Listeners").click()
        panel = page.get_by_role("region", name="Broadcasts")
        await panel.get_by_role("button", name="Broadcast", exact=True).click()
        await expect(panel.get_by_text("Live", exact=True)).to_be_visible(timeout=WITHIN_MS)
        await expect(panel.get_by_role("listitem")).to_contain_text(
            f"{server.base}/v1.0/conferences/{room}/hls/"
        )
        await expect(panel.get_by_role("button", name="Broadcast", exact=True)).to_have_count(0)
        await panel.get_by_role("button", name="Stop the broadcast").click()
        await expect(panel.get_by_text("Ended", exact=True)).to_be_visible(timeout=WITHIN_MS)


async def test_a_room_is_sent_to_an_icecast_server_that_is_not_there(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await log_in(page)
        await make_room(page, "Weekly meeting")
        await page.get_by_role("tab", name="Listeners").click()
        panel = page.get_by_role("region", name="Broadcasts")
        await panel.get_by_text("Send to an Icecast server").click()
        mount = f"http://127.0.0.1:{free_port()}/room.opus"
        await panel.get_by_label("Address of the mount").fill(mount)
        password = panel.get_by_label("Password of sources")
        await expect(password).to_have_attribute("type", "password")
        await password.fill("of sources")
        await panel.get_by_role("button", name="Send").click()
        row = panel.get_by_role("listitem")
        await expect(row).to_contain_text(mount, timeout=WITHIN_MS)
        await expect(row.get_by_text("Not reached", exact=True)).to_be_visible(timeout=WITHIN_MS)
        await expect(row).to_contain_text("cannot be reached")
        await row.get_by_role("button", name="Stop the broadcast").click()
        await expect(row.get_by_text("Ended", exact=True)).to_be_visible(timeout=WITHIN_MS)
