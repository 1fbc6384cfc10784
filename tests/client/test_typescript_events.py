"""The TypeScript client's events: in order, none left out, over a restart of the server and for a slow reader."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from mixminus.client import Client
from mixminus.client.retries import Retries
from tests.client.typescript import Package
from tests.support.server import ACCESS_KEY, Server

FOLLOW: Final = """\
import { Client } from "./dist/index.js";

const [url, token] = process.argv.slice(2);
const print = (what) => process.stdout.write(JSON.stringify(what) + "\\n");
const client = new Client({ url, token });
for await (const { id, type, data } of client.events({ retries: { attempts: Infinity, longestMs: 500 }, observe: (state) => print({ state }) })) {
  if (type === "conference_created") print({ id, name: data.name });
  if (data.name === "last") break;
}
"""
ENDS: Final = """\
import { Client } from "./dist/index.js";

const [url, token, customer] = process.argv.slice(2);
const client = new Client({ url, token });
const outcome = async (credential, options) => {
  let count = 0;
  try {
    for await (const _ of new Client({ url, token: credential }).events(options)) count += 1;
    return `ended after ${count}`;
  } catch ({ constructor, status }) {
    return `${constructor.name} ${status}`;
  }
};
const stop = new AbortController();
const topics = [`customer_id:${customer}`];
const observe = (state) => state === "open" && stop.abort();
process.stdout.write(JSON.stringify({
  wrong_key: await outcome("vb_wrong", {}),
  wrong_key_on_the_socket: await outcome("vb_wrong", { topics, after: 0 }),
  no_topic: await outcome(token, { topics: ["nonsense"] }),
  stopped: await outcome(token, { signal: stop.signal, observe }),
}));
"""
SLOW: Final = """\
import { Client } from "./dist/index.js";

const [url, last] = process.argv.slice(2);
const ids = [];
let connections = 0, full;
const isFull = new Promise((resolve) => { full = resolve; });
class Watched extends WebSocket {
  close() {
    full();
    super.close();
  }
}
const observe = (state) => { connections += state === "open"; };
for await (const { id } of new Client({ url, webSocket: Watched }).events({ topics: ["any"], after: 0, observe, retries: { longestMs: 1 } })) {
  if (ids.length === 0) await isFull;
  ids.push(id);
  if (id === Number(last)) break;
}
process.stdout.write(JSON.stringify({ inOrder: ids.every((id, place) => id === place + 1), count: ids.length, connections }));
"""
LAST_ID: Final = 2500


def test_a_restart_of_the_server_loses_no_event(tmp_path: Path, package: Package) -> None:
    with Server(tmp_path) as server:
        command = package.command("follow", FOLLOW, server.url, ACCESS_KEY)
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program,
            Client(server.url, key=ACCESS_KEY, retries=Retries(30)) as creator,
        ):
            assert program.stdout
            assert '"connecting"' in program.stdout.readline()
            assert '"open"' in program.stdout.readline()
            for name in ("one", "two"):
                creator.create_conference(type="conference", name=name)
            server.stop()
            server.start()
            for name in ("three", "last"):
                creator.create_conference(type="conference", name=name)
            printed = program.stdout.read()
        assert program.returncode == 0
    lines: list[dict[str, Any]] = [json.loads(line) for line in printed.splitlines()]
    assert [each["name"] for each in lines if "name" in each] == ["one", "two", "three", "last"]
    assert {each["state"] for each in lines if "state" in each} == {"waiting", "connecting", "open"}


def test_what_no_attempt_would_change_is_thrown_and_a_signal_ends_it(
    server: Server, package: Package, client: Client
) -> None:
    customer = str(client.get_own_customer().id)
    assert package.run("ends", ENDS, server.url, ACCESS_KEY, customer) == {
        "wrong_key": "RequestFailed 401",
        "wrong_key_on_the_socket": "RequestFailed 401",
        "no_topic": "RequestFailed 400",
        "stopped": "ended after 0",
    }


async def _numbered(request: web.Request) -> web.WebSocketResponse:
    """Send the events behind the one that is named, as fast as they are taken."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.receive()
    with suppress(ConnectionResetError):
        for number in range(int(request.query["after"]) + 1, LAST_ID + 1):
            await socket.send_json({"id": number, "type": "any", "data": {}})
        async for _ in socket:
            pass
    return socket


@pytest.fixture
async def numbered() -> AsyncIterator[TestServer]:
    application = web.Application()
    application.router.add_get("/v1.0/ws", _numbered)
    server = TestServer(application)
    async with server:
        yield server


async def test_a_slow_reader_gets_every_event_and_holds_few_of_them(
    numbered: TestServer, package: Package
) -> None:
    url = str(numbered.make_url("/"))
    printed = await asyncio.to_thread(package.run, "slow", SLOW, url, str(LAST_ID))
    assert (printed["inOrder"], printed["count"]) == (True, LAST_ID)
    assert printed["connections"] > 1, "a full queue ends the connection, which is resumed"
