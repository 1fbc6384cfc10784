"""The web console on a full server: ``python -m bench.console [--rooms 100] [--phones 500]``.

Measures, with a real Chromium on loopback: the time from a reload until the list of rooms is shown and answers to the
keyboard; the pauses between frames while the participants of a room with real calls are scrolled; and what a
viewer of that room costs the server.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession
from playwright.async_api import Page, expect
from tests.app.server import KEY, Server, serve
from tests.console.pages import api, log_in, opened
from tests.console.test_join_page import browser

from bench.capacity.calls import CallState
from bench.capacity.plan import Plan
from bench.capacity.rig import open_rig
from bench.capacity.setup import all_cores, allow_files
from bench.capacity.sip_messages import SipUri

HOST: Final = "127.0.0.1"
RELOADS: Final = 7
WATCH_S: Final = 10.0
SETTLE_S: Final = 3.0
SHOWN_WITHIN_MS: Final = 300_000
TALKERS: Final = 3
JOINS_PER_S: Final = 20.0
ROUND: Final = 50
"""Phones that call before it is told how many have joined."""
SPARE: Final = 1
"""Phones that may call in place of refused ones, for each that is wanted."""
READY: Final = """rooms => new Promise(done => {
  const look = () => document.querySelectorAll('tbody tr').length >= rooms && !document.querySelector('button.primary[disabled]')
    ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""
SCROLL: Final = """() => new Promise(done => {
  const main = document.getElementById('main'), pauses = [], begin = performance.now();
  let before = begin;
  const step = now => {
    pauses.push(now - before);
    before = now;
    main.scrollTop = (main.scrollHeight - main.clientHeight) * (0.5 - 0.5 * Math.cos((now - begin) / 1500));
    if (now - begin < 6000) requestAnimationFrame(step); else done(pauses.slice(1));
  };
  requestAnimationFrame(step);
})"""


async def time_reloads(page: Page, rooms: int) -> dict[str, float]:
    """Return the time from the beginning of a reload until all rooms are shown, in ms."""
    taken_ms = []
    for _ in range(RELOADS):
        await page.reload(wait_until="commit")
        taken_ms.append(await page.evaluate(READY, rooms))
    return {"median_ms": round(statistics.median(taken_ms)), "worst_ms": round(max(taken_ms))}


async def cpu_of(server: Server, seconds: float) -> float:
    """Return the share of a core that the control plane uses."""

    async def spent() -> float:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with ClientSession(headers=headers) as session, session.get(f"{server.base}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return next(float(each.split()[1]) for each in lines if 'cpu_seconds{role="control"}' in each)

    before = await spent()
    await asyncio.sleep(seconds)
    return (await spent() - before) / seconds


@asynccontextmanager
async def calls_in(server: Server, room: str, phones: int) -> AsyncIterator[None]:
    """Let the phones of the capacity measurement call a room, and wait until all of them have joined.

    There is no time limit: a busy machine takes longer. A phone that is refused calls again as another one; a round in which no
    phone joins is an error.
    """
    target = SipUri.parse(f"sip:{room}@{HOST}:{server.sip_port}")
    plan = Plan(phones * (1 + SPARE), talkers=TALKERS)
    allow_files(plan.phones)
    with tempfile.TemporaryDirectory() as folder:
        async with open_rig(Path(folder), plan, target, cores=all_cores()) as rig:
            while missing := phones - rig.answered:
                before, count = rig.answered, min(missing, ROUND, plan.phones - len(rig.calls))
                await rig.join(count, JOINS_PER_S)
                progress(f"{rig.answered} of {phones} phones have joined (load {os.getloadavg()[0]:.1f})")
                if rig.answered == before:
                    refused = Counter(each.status for each in rig.calls if each.state is CallState.REFUSED)
                    raise SystemExit(f"no phone joins any more; refused: {dict(refused)}")
            yield
            await rig.leave()


def progress(text: str) -> None:
    """Tell how far the measurement is, beside its result."""
    print(text, file=sys.stderr, flush=True)


async def watch(page: Page, server: Server, room: str, phones: int) -> dict[str, Any]:
    """Return the pauses between frames while a room is scrolled, and what the viewer costs the server."""
    progress("measuring without a viewer")
    await page.goto(f"{server.base}/console/#/calls")
    alone = await cpu_of(server, WATCH_S)
    await page.goto(f"{server.base}/console/#/rooms/{room}")
    progress("measuring with a viewer")
    shown = page.get_by_role("list", name=f"Participants, {phones}")
    await expect(shown).to_be_visible(timeout=SHOWN_WITHIN_MS)
    await asyncio.sleep(SETTLE_S)
    watched = await cpu_of(server, WATCH_S)
    pauses = sorted(await page.evaluate(SCROLL))
    return {
        "frames": len(pauses),
        "median_ms": round(statistics.median(pauses), 1),
        "p95_ms": round(pauses[int(0.95 * len(pauses))], 1),
        "worst_ms": round(pauses[-1], 1),
        "control_cpu_percent": {"without": round(100 * alone, 1), "with_a_viewer": round(100 * watched, 1)},
    }


async def measure(rooms: int, phones: int) -> dict[str, Any]:
    """Start a server and measure both."""
    settings = {"SIP_HOST": HOST, "SIP_MAX_CALLS": str(phones + 100), "RATE_LIMITS": "off"}
    with tempfile.TemporaryDirectory() as folder:
        async with (
            serve(
                Path(folder), settings={f"MIXMINUS_{name}": each for name, each in settings.items()}
            ) as server,
            browser() as chromium,
            opened(chromium, server) as page,
        ):
            progress(f"making {rooms} rooms")
            for number in range(rooms):
                await api(server, "POST", "/conferences", type="conference", name=f"Room {number}")
            await log_in(page)
            found: dict[str, Any] = {"load_average": {"begin": round(os.getloadavg()[0], 1)}}
            found |= {"rooms": {"count": rooms, **await time_reloads(page, rooms)}}
            if phones:
                room = (await api(server, "POST", "/conferences", type="conference", name="Full"))["id"]
                async with calls_in(server, room, phones):
                    found["participants"] = {"count": phones, **await watch(page, server, room, phones)}
            found["load_average"]["end"] = round(os.getloadavg()[0], 1)
            return found


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.console", description=__doc__)
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--phones", type=int, default=500, help="0: only the list of rooms")
    options = parser.parse_args()
    print(json.dumps(asyncio.run(measure(options.rooms, options.phones)), indent=2))


if __name__ == "__main__":
    main()
