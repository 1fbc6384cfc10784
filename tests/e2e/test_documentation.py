"""Every command in a ``console`` block of README.md and docs/ runs against a real server, as a reader would type it."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import async_playwright

from tests.support.chromium import EXECUTABLE, FLAGS
from tests.support.documentation import ROOT, commands, described_metrics, fenced
from tests.support.tones import level_db, tone
from tests.support.waiting import eventually

START_TIMEOUT_S = 60.0
SERVER = "http://127.0.0.1:8080"
TUTORIALS = ROOT / "docs" / "tutorials"
STREAM_RATE_HZ = 8000
AGENT_BEEP_HZ = 1000.0
FIRST_ROOM = ROOT / "docs" / "tutorials" / "first-room.md"
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
    if page != FIRST_ROOM and commands(page)
]
# `make fresh` runs these two on a bare machine.
ELSEWHERE = ("make run", "make test")


@dataclass
class Reader:
    """A shell, a server that was started from it, and its access key."""

    directory: Path
    key: str

    def types(self, lines: list[str]) -> str:
        """Run the commands in one shell that stops at the first failure; return what it printed."""
        script = "\n".join(line for line in lines if line not in ELSEWHERE)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace("<access key>", self.key)],
            cwd=self.directory,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


async def new_room(http: aiohttp.ClientSession) -> str:
    async with http.post(f"{SERVER}/v1.0/conferences", json={"type": "conference"}) as answer:
        return str((await answer.json())["id"])


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Start the server as `make run` does, on the ports that the pages name."""
    directory = tmp_path_factory.mktemp("reader")
    log = directory / "banner"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "mixminus", "serve", "--demo"], cwd=directory, stdout=out
        )
    try:
        eventually(
            lambda: "Access key" in log.read_text(), timeout_s=START_TIMEOUT_S, what="the banner is printed"
        )
        key = re.search(r"Access key +(\S+)", log.read_text())
        assert key
        yield Reader(directory, key[1])
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0


def test_the_first_room_is_created_recorded_and_closed(reader: Reader) -> None:
    assert '"terminated"' in reader.types(commands(FIRST_ROOM))
    assert (reader.directory / "standup.wav").read_bytes().startswith(b"RIFF")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_succeed(reader: Reader, page: Path) -> None:
    first_room = commands(FIRST_ROOM)
    variables = first_room[: next(n for n, line in enumerate(first_room) if "ROOM=" in line) + 1]
    reader.types([*variables, *commands(page)])


def test_the_metrics_page_describes_every_metric(reader: Reader) -> None:
    exposition = reader.types(
        ['curl -s -H "Authorization: Bearer <access key>" http://127.0.0.1:8080/metrics']
    )
    names = set(re.findall(r"^# TYPE (\S+)", exposition, re.MULTILINE))
    assert names - described_metrics() == set()


async def test_the_voice_agent_of_the_tutorial_answers_a_sound(reader: Reader) -> None:
    async with aiohttp.ClientSession(headers=reader.headers) as http:
        room = await new_room(http)
        agent = await asyncio.create_subprocess_exec(
            sys.executable,
            str(TUTORIALS / "voice_agent.py"),
            SERVER,
            room,
            reader.key,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert agent.stdout
            assert await asyncio.wait_for(agent.stdout.readline(), 20) == b"connected\n"
            url = f"{SERVER}/v1.0/conferences/{room}/media_stream?encapsulation=sln"
            async with http.ws_connect(url) as stream:
                await stream.send_bytes(tone(440.0, 1.0, sample_rate_hz=STREAM_RATE_HZ).tobytes())
                heard = b""
                # A beep begins half a second after the sound has ended.
                while len(heard) < 4 * STREAM_RATE_HZ * 2:
                    heard += (await asyncio.wait_for(stream.receive(), 5)).data
            pcm = np.frombuffer(heard, np.int16)
            window = STREAM_RATE_HZ // 10
            levels = [
                level_db(pcm[at : at + window], AGENT_BEEP_HZ, sample_rate_hz=STREAM_RATE_HZ)
                for at in range(0, len(pcm) - window, window)
            ]
            assert max(levels) > -20.0
        finally:
            agent.terminate()
            await agent.wait()


async def test_the_page_of_the_browser_tutorial_joins_a_room(reader: Reader) -> None:
    [page_html] = fenced(TUTORIALS / "browser.md", "html")
    async with aiohttp.ClientSession(headers=reader.headers) as http, async_playwright() as playwright:
        room = await new_room(http)
        html = page_html.replace("<room id>", room).replace("<access key>", reader.key)

        async def show(_: web.Request) -> web.Response:
            return web.Response(text=html, content_type="text/html")

        application = web.Application()
        application.router.add_get("/", show)
        site = TestServer(application)
        await site.start_server()
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        try:
            page = await browser.new_page()
            await page.goto(str(site.make_url("/")))
            await page.click("#join")
            await page.wait_for_function("document.title === 'joined'")

            async def participants() -> int:
                async with http.get(f"{SERVER}/v1.0/conferences/{room}") as answer:
                    return len((await answer.json())["conferencecall_ids"])

            async with asyncio.timeout(20):
                while await participants() != 1:
                    await page.wait_for_timeout(100)
                await page.evaluate(
                    f"fetch(session, {{method: 'DELETE', headers: {{Authorization: 'Bearer {reader.key}'}}}})"
                )
                while await participants() != 0:
                    await page.wait_for_timeout(100)
        finally:
            await browser.close()
            await site.close()
