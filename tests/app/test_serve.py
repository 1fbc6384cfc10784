"""The whole server as a process: it starts, answers, stops, and leaves nothing behind."""

import asyncio
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest
from aiohttp import ClientSession

from mixminus.app.main import DEMO_PORTS, with_tls
from mixminus.app.settings import load
from tests.app.server import KEY, Server, serve
from tests.support.ports import free_port
from tests.support.sip_phone import Phone


async def call(server: Server, method: str, path: str, *, key: str = KEY, **options: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        ClientSession(headers=headers) as session,
        session.request(method, f"{server.base}/v1.0{path}", **options) as response,
    ):
        return response.status, await response.json()


async def log_in(server: Server, password: str) -> str:
    body = {"username": "admin", "password": password}
    async with ClientSession() as session, session.post(f"{server.base}/auth/login", json=body) as response:
        assert response.status == 200
        return str((await response.json())["token"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_and_nothing_stays(tmp_path: Path, number: signal.Signals) -> None:
    async with serve(tmp_path, strict=True) as server:
        children = psutil.Process(server.process.pid).children(recursive=True)
        assert children, "the SIP workers"
        assert await server.stop(number) == 0
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    for kind, port in (
        (socket.SOCK_STREAM, server.http_port),
        (socket.SOCK_STREAM, server.sip_port),
        (socket.SOCK_DGRAM, server.sip_port),
        (socket.SOCK_DGRAM, server.webrtc_port),
    ):
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    # Development mode reports orphan tasks, unclosed sockets and unretrieved exceptions.
    for trouble in ("Warning", "Traceback", "never retrieved", "was destroyed", "never awaited"):
        assert trouble not in server.stderr, server.stderr
    assert "[info     ] stopped" in server.stderr


GARBAGE = (
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /+4915112345678 HTTP/9.x\r\n\r\n",
    b"GET /ping HTTP/1.1\r\nHost: a\r\n+49 15112345678\r\n\r\n",
    b"POST /ping HTTP/1.1\r\nHost: a\r\nContent-Length: +4915112345678\r\n\r\n",
    b"POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 14\r\n\r\n+4915112345678",
)


async def test_garbage_over_http_is_a_line_without_a_traceback(tmp_path: Path) -> None:
    async with serve(tmp_path, settings={"MIXMINUS_LOG_JSON": "true"}) as server:
        for garbage in GARBAGE:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.http_port)
            writer.write(garbage)
            assert b"400 Bad Request" in await reader.read()
            writer.close()
            await writer.wait_closed()
        await server.stop(signal.SIGTERM)
    assert "15112345678" not in server.stderr
    events = [orjson.loads(line) for line in server.stderr.splitlines()]
    warnings = [event for event in events if event["event"] == "malformed request"]
    assert 1 <= len(warnings) < len(GARBAGE), "one line in ten seconds"
    assert {(event["level"], "exception" in event) for event in warnings} == {("warning", False)}


async def test_what_was_made_is_there_after_a_restart(tmp_path: Path) -> None:
    async with serve(tmp_path) as server:
        status, room = await call(server, "POST", "/conferences", json={"type": "conference", "name": "kept"})
        assert status == 200
        assert await server.stop(signal.SIGTERM) == 0
    async with serve(tmp_path) as server:
        status, found = await call(server, "GET", f"/conferences/{room['id']}")
        assert (status, found["name"], found["status"]) == (200, "kept", "progressing")


async def test_a_killed_server_starts_again_and_its_recording_is_whole(tmp_path: Path) -> None:
    async with serve(tmp_path) as server:
        _, room = await call(server, "POST", "/conferences", json={"type": "conference"})
        _, seen = await call(server, "POST", f"/conferences/{room['id']}/recording_start")
        server.process.kill()
        await server.wait()
    async with serve(tmp_path) as server:
        status, recording = await call(server, "GET", f"/recordings/{seen['recording_id']}")
        assert (status, recording["status"]) == (200, "ended")
        _, found = await call(server, "GET", f"/conferences/{room['id']}")
        assert (found["status"], found["recording_ids"]) == ("progressing", [seen["recording_id"]])


async def test_a_killed_server_restarts_while_the_edge_still_hangs_up_its_calls(tmp_path: Path) -> None:
    """The edge of the one that was killed holds the SIP port for a moment more: the next one waits for it."""
    port = {"MIXMINUS_SIP_PORT": str(free_port())}
    async with serve(tmp_path, settings=port) as server:
        _, room = await call(server, "POST", "/conferences", json={"type": "conference"})
        phone = await Phone.open(int(port["MIXMINUS_SIP_PORT"]))
        talk = phone.call(room["id"])
        await talk.establish()
        server.process.kill()
        await server.wait()
        async with serve(tmp_path, settings=port) as again:
            await talk.asked("BYE")
            fresh = phone.call(room["id"])
            await fresh.establish()
            await fresh.hang_up()
            assert await again.stop(signal.SIGTERM) == 0
    await phone.close()


async def test_secrets_are_not_logged(tmp_path: Path) -> None:
    settings = {"MIXMINUS_LOG_LEVEL": "debug", "MIXMINUS_LOG_JSON": "true"}
    async with serve(tmp_path, settings=settings) as server:
        async with ClientSession() as session:
            for query in (f"token={KEY}", "token=guessed-secret", f"accesskey={KEY}"):
                async with session.get(f"{server.base}/v1.0/conferences?{query}") as response:
                    await response.read()
        assert await server.stop(signal.SIGTERM) == 0
    assert KEY not in server.stdout + server.stderr
    assert "guessed-secret" not in server.stdout + server.stderr
    everything = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert KEY.encode() not in everything


async def test_without_a_key_one_is_made_and_shown_once(tmp_path: Path) -> None:
    settings = {"MIXMINUS_ACCESS_KEY": ""}
    async with serve(tmp_path, settings=settings) as server:
        await server.stop(signal.SIGTERM)
    login, key_line = server.stdout.strip().split("\n")
    password, key = (line.rsplit(" ", 1)[1] for line in (login, key_line))
    assert login.startswith("password of admin ")
    assert key.startswith("vb_")
    for secret in (password, key):
        assert secret not in server.stderr
    async with serve(tmp_path, settings=settings) as server:
        assert (await call(server, "GET", "/conferences", key=key))[0] == 200
        assert (await call(server, "GET", "/me", key=await log_in(server, password)))[0] == 200
        await server.stop(signal.SIGTERM)
    assert server.stdout == ""


async def test_the_operator_may_set_the_admins_password(tmp_path: Path) -> None:
    settings = {"MIXMINUS_LOG_LEVEL": "debug"}
    for password in ("set by the operator", "set anew"):
        async with serve(tmp_path, settings=settings | {"MIXMINUS_ADMIN_PASSWORD": password}) as server:
            token = await log_in(server, password)
            assert (await call(server, "GET", "/me", key=token))[1]["username"] == "admin"
            await server.stop(signal.SIGTERM)
        assert server.stdout == ""
        assert password not in server.stderr
        assert token not in server.stderr


async def test_the_demo_says_how_to_enter_and_keeps_its_room(tmp_path: Path) -> None:
    keys = set()
    rooms = set()
    passwords = set()
    for _ in range(2):
        async with serve(tmp_path, "--demo", settings={"MIXMINUS_ACCESS_KEY": ""}) as server:
            assert await server.stop(signal.SIGTERM) == 0
        words = server.stdout.split()
        key = words[words.index("key") + 1]
        passwords.add(server.stdout.partition("admin, password ")[2].partition(" ")[0])
        page = next(word for word in words if word.startswith(f"{server.base}/join#token="))
        assert key not in page, "a guest link, which admits to one room"
        assert f"sip:demo@127.0.0.1:{server.sip_port}" in words
        assert f"sip:1000@127.0.0.1:{server.sip_port}" in words
        assert server.stdout.count("curl") >= 3
        keys.add(key)
        rooms.add(server.stdout.partition("/conferences/")[2].partition("/recording_start")[0][-36:])
    assert len(keys) == 2
    assert len(passwords - {""}) == 1, "only the first start has one to show"
    assert len(rooms) == 1


async def test_the_demo_with_https_serves_phones_in_browsers(tmp_path: Path) -> None:
    settings = {"MIXMINUS_HTTPS_PORT": str(free_port()), "MIXMINUS_SIP_HOST": "127.0.0.1"}
    async with (
        serve(tmp_path, "--demo", settings=settings) as server,
        ClientSession() as session,
        session.ws_connect("wss://127.0.0.1:7443/", protocols=("sip",), ssl=False) as socket_of_phone,
    ):
        assert socket_of_phone.protocol == "sip"
        await socket_of_phone.close()
        await server.stop(signal.SIGTERM)
    assert "wss://127.0.0.1:7443" in server.stdout.split()


def test_a_demo_on_the_network_serves_tls_and_phones_in_browsers() -> None:
    open_to_all = load(http_host="0.0.0.0", sip_host="0.0.0.0")
    assert [getattr(with_tls(open_to_all), name) for name in DEMO_PORTS] == list(DEMO_PORTS.values())
    assert [getattr(with_tls(load()), name) for name in DEMO_PORTS] == [None] * 3
    own = with_tls(load(http_host="0.0.0.0", sip_host="0.0.0.0", sip_wss_port="7444"))
    assert own.sip_wss_port == 7444


async def test_a_port_in_use_is_named_with_its_setting(tmp_path: Path) -> None:
    for part, kind in (
        ("HTTP", socket.SOCK_STREAM),
        ("SIP", socket.SOCK_DGRAM),
        ("WEBRTC", socket.SOCK_DGRAM),
    ):
        with socket.socket(socket.AF_INET, kind) as holder:
            holder.bind(("127.0.0.1", 0))
            if kind == socket.SOCK_STREAM:
                holder.listen()
            settings = {f"MIXMINUS_{part}_PORT": str(holder.getsockname()[1])}
            await refuses(tmp_path, f"MIXMINUS_{part}_PORT", "already in use", settings=settings)


async def test_two_servers_do_not_share_a_folder(tmp_path: Path) -> None:
    async with serve(tmp_path):
        await refuses(tmp_path, "MIXMINUS_DATA_DIR", "another mixminus", settings={})


@pytest.mark.parametrize(
    ("settings", "name", "code"),
    [
        ({"MIXMINUS_HTTP_PORT": "http"}, "MIXMINUS_HTTP_PORT", 2),
        ({"MIXMINUS_DATA_DIR": "/proc/mixminus"}, "MIXMINUS_DATA_DIR", 1),
        ({"MIXMINUS_DATABASE_URL": "nosuch://database"}, "MIXMINUS_DATABASE_URL", 1),
        ({"MIXMINUS_HTTP_HOST": "192.0.2.1", "MIXMINUS_WEBRTC_HOST": "127.0.0.1"}, "MIXMINUS_HTTP_HOST", 1),
    ],
)
async def test_what_cannot_work_is_said_in_a_sentence(
    tmp_path: Path, settings: Mapping[str, str], name: str, code: int
) -> None:
    await refuses(tmp_path, name, settings=settings, code=code)


async def test_an_address_open_to_the_network_causes_a_warning(tmp_path: Path) -> None:
    settings = {"MIXMINUS_HTTP_HOST": "0.0.0.0", "MIXMINUS_WEBRTC_HOST": "127.0.0.1"}
    async with serve(tmp_path, settings=settings) as server:
        await server.stop(signal.SIGTERM)
    assert server.stderr.count("open to the network") == 1
    assert "MIXMINUS_HTTP_HOST" in server.stderr


async def refuses(folder: Path, *words: str, settings: Mapping[str, str], code: int = 1) -> None:
    async with serve(
        folder, ready=False, settings={"MIXMINUS_HTTP_PORT": str(free_port())} | dict(settings)
    ) as server:
        assert await server.wait() == code, server.stderr
    for word in words:
        assert word in server.stderr, server.stderr
    assert "Traceback" not in server.stderr, server.stderr
