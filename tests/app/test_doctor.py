"""``mixminus doctor``: real ports, files, databases and servers, in good and in bad state."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aioice import stun

from mixminus.app.doctor.finding import Finding, Level
from mixminus.app.doctor.machine import check_machine
from mixminus.app.doctor.network import check_network, dropping_chains
from mixminus.app.doctor.ports import check_ports
from mixminus.app.doctor.software import check_certificates, check_database
from mixminus.app.doctor.stun import mapped_address, stun_server
from mixminus.app.local_authority import LocalAuthority
from mixminus.app.settings import Settings, load
from mixminus.store.migrations import upgrade
from tests.app.server import serve

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def settings(folder: Path, **given: Any) -> Settings:
    return load(data_dir=folder, **{"http_port": 0, "sip_port": 0, "webrtc_port": 0} | given)


def only(findings: list[Finding], check: str) -> Finding:
    (found,) = (each for each in findings if each.check == check)
    return found


async def doctor(*arguments: str, **environment: str) -> tuple[int, Any]:
    """Run the command as its own process; return its exit code and its findings."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mixminus", "doctor", "--json", *arguments),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, json.loads(out)


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield int(holder.getsockname()[1])


def test_a_port_of_another_program_is_named_with_its_setting(tmp_path: Path) -> None:
    with taken_port() as port:
        (finding,) = check_ports(settings(tmp_path, http_port=port), running=False)
    assert finding.level is Level.FAILED
    assert finding.found == f"127.0.0.1:{port} (TCP) is already in use"
    assert finding.remedy.startswith("MIXMINUS_HTTP_PORT: ")
    (finding,) = check_ports(settings(tmp_path, http_port=port), running=False)
    assert finding.level is Level.OK, "it is free again"


def test_a_running_server_that_does_not_listen_is_a_fault(tmp_path: Path) -> None:
    with taken_port() as port:
        (finding,) = check_ports(settings(tmp_path, http_port=port), running=True)
        assert finding.level is Level.OK
    (finding,) = check_ports(settings(tmp_path, http_port=port), running=True)
    assert finding.level is Level.FAILED


def test_the_port_of_browsers_is_of_udp_and_tcp(tmp_path: Path) -> None:
    with taken_port() as port:
        (finding,) = check_ports(settings(tmp_path, webrtc_port=port), running=False)
        assert finding.level is Level.FAILED
        (finding,) = check_ports(settings(tmp_path, webrtc_port=port, webrtc_tcp=False), running=False)
        assert finding.level is Level.OK


def test_too_few_ports_for_the_calls_are_a_warning(tmp_path: Path) -> None:
    few = settings(tmp_path, rtp_port_min=20_000, rtp_port_max=20_009, sip_max_calls=6)
    (finding,) = check_ports(few, running=False)
    assert finding.level is Level.WARNING
    assert "5 calls, fewer than the 6" in finding.found
    (finding,) = check_ports(few.model_copy(update={"sip_max_calls": 5}), running=False)
    assert finding.level is Level.OK


@asynccontextmanager
async def stun_peer(address: str) -> AsyncIterator[int]:
    """A STUN server that sees each client at one address; its messages are aioice's."""

    class Peer(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            request = stun.parse_message(data)
            response = stun.Message(
                stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=request.transaction_id
            )
            response.attributes["SOFTWARE"] = "peer"
            response.attributes["XOR-MAPPED-ADDRESS"] = (address, 4711)
            self.transport.sendto(bytes(response), addr)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Peer, local_addr=("127.0.0.1", 0))
    try:
        yield int(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


@pytest.mark.parametrize("address", ["203.0.114.7", "2001:db8::7"])
async def test_a_stun_server_shows_the_public_address(address: str) -> None:
    async with stun_peer(address) as port:
        assert await mapped_address(("127.0.0.1", port)) == address


@pytest.mark.parametrize(
    ("uri", "server"),
    [
        ("stun:stun.example.com", ("stun.example.com", 3478)),
        ("turn:turn.example.com:5349?transport=udp", ("turn.example.com", 5349)),
        ("stun:[2001:db8::1]", ("2001:db8::1", 3478)),
        ("stun:[2001:db8::1]:19302", ("2001:db8::1", 19302)),
        ("turn:turn.example.com?transport=tcp", None),
        ("turns:turn.example.com", None),
    ],
)
def test_uris_of_stun_servers(uri: str, server: tuple[str, int] | None) -> None:
    assert stun_server(uri) == server


async def test_nat_is_found_by_a_stun_server(tmp_path: Path) -> None:
    async with stun_peer("203.0.114.7") as port:
        servers = (f"stun:127.0.0.1:{port}",)
        found = [each async for each in check_network(settings(tmp_path, ice_servers=servers))]
        behind = only(found, "nat")
        assert behind.level is Level.WARNING
        assert "set MIXMINUS_PUBLIC_HOST=203.0.114.7" in behind.remedy
        known = settings(tmp_path, ice_servers=servers, public_host="203.0.114.7")
        found = [each async for each in check_network(known)]
        assert [each.level for each in found] == [Level.OK, Level.OK]


async def test_a_stun_server_that_is_silent_is_a_fault(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        servers = (f"stun:127.0.0.1:{silent.getsockname()[1]}",)
        found = [each async for each in check_network(settings(tmp_path, ice_servers=servers))]
    assert only(found, "nat").level is Level.FAILED


def test_chains_that_drop_are_found_in_the_rules() -> None:
    chains = [
        {"family": "inet", "table": "filter", "name": "input", "hook": "input", "policy": "drop"},
        {"family": "inet", "table": "filter", "name": "output", "hook": "output", "policy": "drop"},
        {"family": "ip", "table": "filter", "name": "INPUT", "hook": "input", "policy": "accept"},
        {"family": "ip", "table": "filter", "name": "docker"},
    ]
    ruleset = {"nftables": [{"metainfo": {"version": "1.0.6"}}, *({"chain": each} for each in chains)]}
    assert list(dropping_chains(ruleset)) == ["inet filter input"]


async def test_a_database_is_examined_from_empty_to_broken(tmp_path: Path) -> None:
    configured = settings(tmp_path)
    file = tmp_path / "mixminus.db"

    async def finding() -> Finding:
        (found,) = [each async for each in check_database(configured)]
        return found

    assert "empty" in (await finding()).found
    assert not file.exists(), "nothing is created"
    await upgrade(configured.database, "0017_participant_hold")
    assert "upgrades it" in (await finding()).found
    await upgrade(configured.database)
    assert (await finding()).found == "SQLite, up to date"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_later'")
    connection.close()
    later = await finding()
    assert (later.level, "newer version (9999_later)" in later.found) == (Level.FAILED, True)
    file.write_bytes(b"no database" * 1000)
    assert (await finding()).level is Level.FAILED


def test_certificates_of_the_operator_expire(tmp_path: Path) -> None:
    authority = LocalAuthority(tmp_path)
    authority.ensure({"pbx.example.com"}, NOW)
    files = {"tls_certificate": authority.certificate, "tls_key": authority.key}
    configured = settings(tmp_path, https_port=0, **files)
    for days, level in ((0, Level.OK), (390, Level.WARNING), (398, Level.FAILED)):
        assert check_certificates(configured, NOW + timedelta(days=days)).level is level
    strange = configured.model_copy(update={"tls_key": authority.root})
    assert check_certificates(strange, NOW).level is Level.FAILED
    assert check_certificates(settings(tmp_path), NOW).found == "no port uses TLS"


def test_the_machine_is_judged_by_the_settings(tmp_path: Path) -> None:
    found = list(check_machine(settings(tmp_path), NOW))
    assert [each.check for each in found] == ["clock", "disk", "cores", "priority", "files"]
    assert only(found, "disk").level is not Level.FAILED
    assert all(each.remedy for each in found if each.level is not Level.OK)
    found = list(
        check_machine(settings(Path("/proc/mixminus"), sip_max_calls=10_000), NOW.replace(year=1970))
    )
    assert only(found, "disk").level is Level.FAILED
    assert only(found, "clock").level is Level.FAILED


async def test_the_command_beside_a_running_server_and_without_one(tmp_path: Path) -> None:
    async with serve(tmp_path) as server:
        environment = {
            "MIXMINUS_DATA_DIR": str(tmp_path / "data"),
            "MIXMINUS_HTTP_PORT": str(server.http_port),
            "MIXMINUS_SIP_PORT": str(server.sip_port),
            "MIXMINUS_WEBRTC_PORT": str(server.webrtc_port),
        }
        code, found = await doctor(**environment)
        assert code == 0, found
        levels = {(each["check"], each["level"]) for each in found}
        assert {("server", "ok"), ("ports", "ok"), ("database", "ok")} <= levels
        assert "is ready" in found[0]["found"]
        assert all(each["remedy"] for each in found if each["level"] != "ok")
        assert await server.stop(signal.SIGTERM) == 0
    code, found = await doctor(**environment)
    assert (code, found[0]["found"].startswith("no server runs")) == (0, True)


async def test_a_wrong_setting_is_a_finding_and_the_command_fails(tmp_path: Path) -> None:
    code, found = await doctor(MIXMINUS_HTTP_PORT="http", MIXMINUS_DATA_DIR=str(tmp_path))
    assert code == 1
    assert [(each["check"], each["level"]) for each in found] == [("settings", "failed")]
    assert "MIXMINUS_HTTP_PORT" in found[0]["found"]
