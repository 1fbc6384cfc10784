"""axe-core finds nothing serious in the console, in light and dark, wide and narrow."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.app.server import Server, serve
from tests.console.pages import WITHIN_MS, api, log_in
from tests.console.test_console_room import make_room
from tests.console.test_join_page import browser
from tests.support.waiting import until
from tests.support.webhook_receiver import open_receiver

pytestmark = [pytest.mark.usefixtures("built"), pytest.mark.slow]

AXE = Path(__file__).parents[2] / "console/node_modules/axe-core/axe.min.js"
RUN = """async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})).violations
  .map(each => ({id: each.id, impact: each.impact, where: each.nodes.map(node => node.target.join(' ') + ': ' + node.failureSummary)}))"""
# Elements that reach beyond the window, unless what is around them scrolls on purpose, or hides it.
WIDER = """() => [...document.querySelectorAll('main *, dialog *')].filter(each => {
  const box = each.getBoundingClientRect();
  if (box.width === 0 || box.right <= innerWidth + 1) return false;
  for (let around = each.parentElement; around && around.id !== 'main' && around.tagName !== 'DIALOG'; around = around.parentElement)
    if (getComputedStyle(around).overflowX !== 'visible') return false;
  return true;
}).map(each => `${each.tagName}.${each.getAttribute('class')} ${each.textContent.slice(0, 40)}`).slice(0, 5)"""
SERIOUS = ("serious", "critical")

Check = Callable[[str], Awaitable[None]]


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
        found.extend((view, "wider than the window", each) for each in await page.evaluate(WIDER))

    await expect(page.get_by_role("button", name="Log in")).to_be_visible()
    await check("login")
    await log_in(page)
    await expect(page.get_by_role("heading", name="Rooms")).to_be_visible()
    await check("rooms")
    await page.get_by_role("button", name="New room").first.click()
    await expect(page.get_by_role("button", name="Create room")).to_be_visible()
    await check("new room")
    await page.keyboard.press("Escape")
    await check_room(page, server, check, f"Room {scheme} {width}")
    await check_lobby(page, server, check)
    for address, button in (await more_views(server)).items():
        await page.goto(f"{server.base}/console/#/{address}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        if button:
            await page.get_by_role("button", name=button).first.click()
            await expect(page.get_by_role("dialog")).to_be_visible()
        if address in FILLED:
            await FILLED[address](page)
        await check(address)
        await page.reload()
    await context.close()
    return found


async def erase(page: Page) -> None:
    """Erase a caller of whom there is nothing, so that the report is shown."""
    await page.get_by_label("Number, extension or SIP address").fill("+15550199")
    await page.get_by_role("button", name="Erase", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Erase this person").click()
    await expect(page.get_by_role("region", name="What was erased")).to_be_visible()


async def open_attempts(page: Page) -> None:
    """Show the attempts of the newest delivery to a webhook."""
    deliveries = page.get_by_role("region", name="Webhook deliveries")
    await deliveries.locator("summary").first.click()
    await expect(deliveries.get_by_role("listitem").first).to_be_visible()


FILLED: dict[str, Callable[[Page], Awaitable[None]]] = {"privacy": erase, "server": open_attempts}


async def check_room(page: Page, server: Server, check: Check, name: str) -> None:
    """Check a room without participants, then each panel with this browser in it."""
    await make_room(page, name)
    await check("empty room")
    await page.get_by_role("button", name="Only listen").click()
    await expect(page.locator(".participant")).to_be_visible()
    await page.locator(".participant button.who").click()
    await expect(page.locator(".details")).to_be_visible()
    await check("room")
    await fill_panels(server, page.url.rsplit("/", 1)[1])
    await expect(page.get_by_role("button", name="Lower the hand of")).to_be_visible()
    for tab in ("Who hears whom", "Chat", "Say and play", "Media streams", "Captions"):
        await page.get_by_role("tab", name=tab).click()
        if tab == "Say and play":
            await expect(page.get_by_role("button", name="Say it")).to_be_visible()
            await expect(page.get_by_text("Failed", exact=True)).to_be_visible()
        if tab == "Media streams":
            await expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
        await check(tab)
    await check_captions_and_guests(page, check)
    for button in ("Breakout rooms", "Call somebody", "Choose how to record"):
        await page.get_by_role("button", name=button).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        if button == "Call somebody":
            await page.get_by_label("If an answering machine answers").select_option("beep")
        await check(button)
        await page.keyboard.press("Escape")
    await check_call(page, check)


async def check_captions_and_guests(page: Page, check: Check) -> None:
    """Check captions that run, and a new link for a guest."""
    await page.get_by_label("Spoken language").fill("en")
    await page.get_by_role("button", name="Start captions").click()
    await expect(page.get_by_role("button", name="Stop the captions")).to_be_visible()
    links = page.get_by_role("region", name="Guest links")
    await links.get_by_role("button", name="Make a link").click()
    await expect(links.get_by_role("status")).to_be_visible()
    await check("captions and guest links")
    await page.get_by_role("button", name="Stop the captions").click()


async def check_call(page: Page, check: Check) -> None:
    """Check what is said to the call of this browser, and come back to its room."""
    room = page.url
    await page.goto(f"{room.partition('#')[0]}#/calls")
    await page.get_by_role("button", name="Audio of the call of").first.click()
    await page.get_by_role("button", name="Begin").click()
    await expect(page.get_by_label("Text", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    await check("audio of a call")
    await page.keyboard.press("Escape")
    await page.goto(room)


async def fill_panels(server: Server, room: str) -> None:
    """Raise the hand of the participant, send messages, and let a playback fail."""
    (guest,) = (await api(server, "GET", f"/conferencecalls?conference_id={room}"))["result"]
    await api(server, "PATCH", f"/conferencecalls/{guest['id']}", hand_raised=True)
    for recipient in ({}, {"recipient_id": guest["id"]}):
        await api(server, "POST", f"/conferences/{room}/messages", text="Hello", **recipient)
    await api(server, "POST", f"/conferences/{room}/play", stream_urls=["missing.wav"])


async def check_lobby(page: Page, server: Server, check: Check) -> None:
    """Join a room with a lobby, in which this browser waits."""
    room = await api(server, "POST", "/conferences", type="conference", name="With a lobby", lobby=True)
    await page.get_by_role("button", name="Leave", exact=True).click()
    await page.goto(f"{server.base}/console/#/rooms/{room['id']}")
    await page.get_by_role("button", name="Only listen").click()
    lobby = page.get_by_role("region", name="Lobby")
    await expect(lobby.get_by_role("listitem")).to_be_visible()
    await check("lobby")
    await lobby.get_by_role("button", name="Admit all").click()
    await expect(lobby).to_be_hidden()
    await page.get_by_role("button", name="Leave", exact=True).click()


async def more_views(server: Server) -> dict[str, str]:
    """Return the addresses of the other views, each with something in it, and the button that opens a dialog."""
    recording = await recorded(server)
    actions = [
        {"type": "talk", "option": {"text": "hello"}},
        {"type": "call"},
        {"type": "branch"},
        {"type": "block"},
    ]
    flow = (await api(server, "POST", "/flows", name="Reception", actions=actions))["id"]
    run = (await api(server, "POST", "/activeflows", flow_id=flow))["id"]
    number = f"+1555{len((await api(server, 'GET', '/numbers'))['result']):04}"
    await api(server, "POST", "/numbers", number=number, call_flow_id=flow)
    await api(server, "POST", "/extensions", extension=number[1:], password="Secret-4711-x")
    await api(server, "POST", "/trunks", name="Carrier", domain_name=f"carrier{number[1:]}")
    return {
        "calls": "",
        "flows": "",
        f"flows/{flow}": "",
        f"flows/runs/{run}": "",
        "flows/new": "",
        "numbers": "Edit this number",
        "extensions": "Set up a phone",
        "trunks": "Edit this trunk",
        "recordings": "",
        f"recordings/{recording}": "",
        "transcripts": "",
        "usage": "",
        "privacy": "",
        "server": "",
    }


async def recorded(server: Server) -> str:
    """Record a room without participants, and return the recording when it is complete."""
    room = (await api(server, "POST", "/conferences", type="conference", name="Quiet"))["id"]

    async def started() -> Any:
        return (await api(server, "GET", f"/conferences/{room}"))["status"] == "progressing"

    await until(started)
    recording = str((await api(server, "POST", f"/conferences/{room}/recording_start"))["recording_id"])
    await api(server, "POST", f"/conferences/{room}/recording_stop")

    async def ended() -> Any:
        return (await api(server, "GET", f"/recordings/{recording}"))["status"] == "ended"

    await until(ended)
    return recording


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
)
async def test_axe_finds_nothing_serious(tmp_path: Path, scheme: str, width: int) -> None:
    async with serve(tmp_path) as server, open_receiver() as receiver, browser() as chromium:
        receiver.answer(404)
        await api(server, "PUT", "/customer", name="Ann", webhook_method="POST", webhook_uri=receiver.uri)
        assert await findings(chromium, server, scheme, width) == []
