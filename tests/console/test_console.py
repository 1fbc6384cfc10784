"""The console in a real browser, against a real server: logging in, the frame, the list of rooms."""

import gzip
import json
from pathlib import Path

import pytest
from aiohttp import ClientSession
from playwright.async_api import Page, WebSocketRoute, expect

from tests.app.server import KEY, serve
from tests.console.pages import log_in, opened
from tests.console.test_console_room import make_room
from tests.console.test_join_page import browser

pytestmark = pytest.mark.usefixtures("built")

MAX_GZIPPED_BYTES = 250_000
NIL = "00000000-0000-0000-0000-000000000000"
AGENT = {"username": "ann@example.com", "password": "correct horse battery staple"}


def test_the_scripts_stay_small(built: Path) -> None:
    scripts = [path for path in built.rglob("*") if path.suffix == ".js"]
    assert scripts
    assert sum(len(gzip.compress(path.read_bytes())) for path in scripts) < MAX_GZIPPED_BYTES


async def test_the_root_of_the_server_leads_to_the_console(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, ClientSession() as session:
        for path in ("/", "/console"):
            async with session.get(server.base + path) as response:
                assert response.url.path == "/console/"
                assert response.content_type == "text/html"
                policy = response.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
        async with session.get(f"{server.base}/console/..%2fjoin.html") as response:
            assert response.status == 404


async def test_a_wrong_key_is_refused_and_a_room_is_made_with_the_right_one(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server, expected=1) as page:
        await page.get_by_role("button", name="Access key").click()
        await page.get_by_label("Access key", exact=True).fill("vb_wrong")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("alert")).to_contain_text("does not accept this access key")

        await log_in(page)
        await expect(page.get_by_role("heading", name="No room is open")).to_be_visible()
        await page.get_by_role("button", name="New room").first.click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Name", exact=True).fill("Weekly meeting")
        await dialog.get_by_label("PIN", exact=True).fill("12")
        await dialog.get_by_label("Pass digits on").check()
        await dialog.get_by_role("button", name="Create room").click()
        await expect(dialog).to_be_hidden()

        async with ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
            async with session.get(f"{server.base}/v1.0/conferences") as response:
                (room,) = (await response.json())["result"]
            assert (room["name"], room["pin"], room["locked"]) == ("Weekly meeting", "12", False)

            await page.goto(f"{server.base}/console/#/rooms")
            row = page.get_by_role("row", name="Weekly meeting")
            await row.get_by_role("button", name="Lock").click()
            await expect(row).to_contain_text("Locked")
            async with session.get(f"{server.base}/v1.0/conferences/{room['id']}") as response:
                room = await response.json()
            assert (room["pin"], room["locked"], room["relay_digits"]) == ("12", True, True)

            # What others do is seen at once.
            async with session.post(
                f"{server.base}/v1.0/conferences", json={"type": "conference", "name": "By another"}
            ):
                await expect(page.get_by_role("row", name="By another")).to_be_visible()

        await row.get_by_role("button", name="Close").click()
        await page.get_by_role("dialog").get_by_role("button", name="Close Weekly meeting").click()
        await expect(row).to_be_hidden()


async def login_shows_its_request(page: Page) -> None:
    """Neither password nor key is in the command that is shown beside the button."""
    await page.get_by_text("Show the request").click()
    shown = page.locator(".login pre")
    for password in ("", AGENT["password"]):
        await page.get_by_label("Password").fill(password)
        command = await shown.inner_text()
        assert command.startswith("curl ") and "/auth/login" in command
        assert '"username": "ann@example.com"' in command
        assert '"password": "<password>"' in command
        assert "Authorization" not in command
        assert AGENT["password"] not in await page.locator(".login").inner_html()
    await page.get_by_role("button", name="Access key").click()
    await page.get_by_label("Access key", exact=True).fill(KEY)
    await expect(shown).to_contain_text("/v1.0/customer")
    await expect(shown).to_contain_text("$MIXMINUS_KEY")
    assert KEY not in await page.locator(".login").inner_html()
    await page.get_by_role("button", name="Username").click()
    await expect(page.get_by_label("Username", exact=True)).to_have_value(AGENT["username"])


async def test_an_agent_logs_in_and_out_and_a_session_outlives_a_reload(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with (
            ClientSession(headers=headers) as session,
            session.post(f"{server.base}/v1.0/agents", json=AGENT | {"permission": 32}) as response,
        ):
            assert response.status == 200, await response.text()
        async with opened(chromium, server, expected=1) as page:
            await page.get_by_label("Username", exact=True).fill(AGENT["username"])
            await login_shows_its_request(page)
            await page.get_by_label("Password").fill("wrong")
            await page.get_by_role("button", name="Log in").click()
            await expect(page.get_by_role("alert")).to_contain_text("username or the password is wrong")
            await page.get_by_label("Password").fill(AGENT["password"])
            await page.get_by_role("button", name="Log in").click()
            await expect(page.get_by_role("heading", name="Rooms")).to_be_visible()
            await page.get_by_role("button", name="Requests").click()
            panel = page.get_by_role("complementary", name="Requests of this page")
            sent = panel.locator("details", has_text="/auth/login").first
            await sent.locator("summary").click()
            shown = await sent.locator("pre").inner_text()
            assert AGENT["username"] in shown and '"password": "<password>"' in shown
            assert AGENT["password"] not in await panel.inner_html()
            await page.get_by_role("button", name="Requests").click()
            await page.reload()
            await expect(page.get_by_role("heading", name="Rooms")).to_be_visible()
            assert await page.context.cookies() == []
            await page.get_by_role("button", name="Log out").click()
            await expect(page.get_by_role("button", name="Log in")).to_be_visible()
            assert await page.evaluate("sessionStorage.length") == 0


async def test_an_interrupted_connection_resumes_after_its_last_event(tmp_path: Path) -> None:
    opened_urls: list[str] = []
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        opened_urls.append(socket.url)
        sockets.append(socket)
        socket.connect_to_server()

    async with (
        serve(tmp_path) as server,
        browser() as chromium,
        opened(chromium, server) as page,
        ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
    ):
        await page.route_web_socket("**/v1.0/ws*", pass_on)
        await log_in(page)
        rooms = f"{server.base}/v1.0/conferences"
        async with session.post(rooms, json={"type": "conference", "name": "Before"}):
            await expect(page.get_by_role("row", name="Before")).to_contain_text("Open")
        await sockets[0].close(code=1001, reason="")
        async with session.post(rooms, json={"type": "conference", "name": "Meanwhile"}):
            await expect(page.get_by_role("row", name="Meanwhile")).to_be_visible()
        await expect(page.locator(".connection[data-state=live]")).to_be_visible()
        async with session.get(f"{server.base}/v1.0/events") as response:
            ids = [event["id"] for event in (await response.json())["result"]]
        assert len(opened_urls) == 2
        assert f"after={ids[1]}&" in f"{opened_urls[1]}&"  # created, updated: both had arrived


async def test_a_button_shows_its_request(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await log_in(page)
        await page.get_by_role("button", name="Requests").click()
        panel = page.get_by_role("complementary", name="Requests of this page")
        await expect(panel).to_contain_text("/v1.0/conferences")
        await page.get_by_role("button", name="New room").first.click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Name", exact=True).fill("It's mine")
        await dialog.get_by_text("Show the request").click()
        shown = await dialog.locator("pre").inner_text()
        assert "curl" in shown
        assert "$MIXMINUS_KEY" in shown
        assert KEY not in shown
        assert "It'\\''s mine" in shown


async def test_participants_are_searched_and_ordered_as_soon_as_it_is_asked_for(tmp_path: Path) -> None:
    names = ("Eve", "Bob", "Ann", "Dan", "Cem")
    known = {"call_id": "", "session_id": NIL, "transport": "sip", "codec": "PCMU", "muted": False}
    rows = [known | {"conferencecall_id": name, "name": name} for name in names]

    def push(socket: WebSocketRoute) -> None:
        socket.send(json.dumps({"participants": rows}))

    async with serve(tmp_path) as server, browser() as chromium, opened(chromium, server) as page:
        await page.route_web_socket("**/meters*", push)
        await log_in(page)
        await make_room(page, "Many")
        shown = page.locator(".participant .name")
        await expect(shown).to_have_text(list(names))
        await page.get_by_label("Order").select_option("By name")
        await expect(shown).to_have_text(sorted(names))
        await page.get_by_label("Find a participant").fill("an")
        await expect(shown).to_have_text(["Ann", "Dan"])
