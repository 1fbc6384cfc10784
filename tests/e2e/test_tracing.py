"""Traces of real calls: what the phone and the server have said, read by tshark, without any secret."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ring
from tests.support import tshark
from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.server import Server
from tests.support.sipp import Sipp
from tests.support.tones import tone
from tests.support.waiting import eventually, play_for

PCMU = "PCMU/8000/1"
SIP_FIELDS = ("sip.Method", "sip.Status-Code", "sip.CSeq.method", "sip.Call-ID")


@pytest.fixture(scope="module")
def tls_port() -> int:
    return free_port(ADDRESS)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory, tls_port: int) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("traced-server")
    with Server(directory, MIXMINUS_SIP_TLS_PORT=str(tls_port)) as running:
        yield running
        assert running.stop() == 0, running.log[-3000:]
    assert "Traceback" not in running.log, running.log[-3000:]


def trace(server: Server, trace_id: str) -> dict[str, Any]:
    found: dict[str, Any] = server.call("GET", f"/traces/{trace_id}").json
    return found


def ended(server: Server, trace_id: str) -> dict[str, Any]:
    return eventually(
        lambda: found if (found := trace(server, trace_id))["status"] == "ended" else None,
        what="the trace ends",
    )


def capture(server: Server, trace_id: str, folder: Path) -> Path:
    answer = server.call("GET", f"/traces/{trace_id}/pcapng")
    assert answer.status == 200
    path = folder / "trace.pcapng"
    path.write_bytes(answer.body)
    assert tshark.warnings(path) == ""
    return path


def call_of(server: Server, room: str) -> str:
    (participant,) = server.wait_for_participants(room, 1)
    found: str = server.call("GET", f"/conferencecalls/{participant}").json["reference_id"]
    return found


def test_next_call_of_a_number_is_traced_from_its_invite_to_the_answer_to_its_bye(
    traced: Server, phone: Ring, tmp_path: Path
) -> None:
    room = traced.new_room()
    started = traced.call("POST", "/traces", {"number": room, "duration": 60})
    assert (started.status, started.json["status"]) == (200, "waiting")
    other, baresip = traced.new_room(), phone(440.0, codec=PCMU)
    baresip.dial(traced.sip_uri(other))
    call_of(traced, other)
    baresip.hang_up()
    traced.wait_for_participants(other, 0)
    baresip.dial(traced.sip_uri(room))
    call_id = call_of(traced, room)
    play_for(3)
    baresip.hang_up()
    found = ended(traced, started.json["id"])
    assert (found["end_reason"], found["call_ids"]) == ("calls_ended", [call_id])
    path = capture(traced, found["id"], tmp_path)
    messages = tshark.fields(path, (*SIP_FIELDS, "udp.dstport"), display_filter="sip")
    assert len({each["sip.Call-ID"] for each in messages}) == 1
    said = [each["sip.Method"] or each["sip.Status-Code"] for each in messages]
    assert [each for each in said if each not in ("100", "180")] == ["INVITE", "200", "ACK", "BYE", "200"]
    assert messages[0]["udp.dstport"] == str(traced.sip_port)
    statistics = tshark.fields(path, ("frame.comment", "json.key"), display_filter="json")
    assert len(statistics) >= 2
    assert "packets received" in statistics[-1]["frame.comment"]


def test_live_call_over_tls_is_readable_without_its_keys(
    traced: Server, tls_port: int, phone: Ring, tmp_path: Path
) -> None:
    root = tmp_path / "ca.pem"
    root.write_bytes(traced.request("GET", "/ca.pem").body)
    room = traced.new_room()
    started = traced.call("POST", "/traces", {"peer": ADDRESS, "duration": 60}).json
    baresip = phone(440.0, codec=PCMU, transport="tls", media_encryption="srtp-mand", trusted=root)
    baresip.dial(f"sip:{room}@{ADDRESS}:{tls_port}")
    call_id = call_of(traced, room)
    live = traced.call("POST", f"/calls/{call_id}/trace").json
    play_for(2)
    baresip.hang_up()
    found = ended(traced, started["id"])
    path = capture(traced, found["id"], tmp_path)
    messages = tshark.fields(path, (*SIP_FIELDS, "frame.comment", "sdp.media_attr"), display_filter="sip")
    assert messages[0]["sip.Method"] == "INVITE"
    assert "over TLS" in messages[0]["frame.comment"]
    keys = [each for each in messages if "crypto" in each["sdp.media_attr"]]
    assert len(keys) >= 2
    content = path.read_bytes()
    assert content.count(b"inline:xxxx") >= 2
    assert content.count(b"inline:") == content.count(b"inline:xxxx")
    late = ended(traced, live["id"])
    assert late["call_ids"] == [call_id]
    said = tshark.fields(capture(traced, late["id"], tmp_path), SIP_FIELDS, display_filter="sip")
    assert [each["sip.Method"] or each["sip.Status-Code"] for each in said] == ["BYE", "200"]


def test_requests_about_traces_are_in_the_log(traced: Server) -> None:
    made = traced.call("POST", "/traces", {"number": "+15550123", "duration": 60}).json
    assert traced.call("GET", f"/traces/{made['id']}/pcapng").status == 200
    assert traced.call("POST", f"/traces/{made['id']}/stop").json["end_reason"] == "stopped"
    assert traced.call("DELETE", f"/traces/{made['id']}").status == 200
    assert traced.call("GET", f"/traces/{made['id']}").status == 404
    lines = [line for line in traced.log.splitlines() if made["id"] in line]
    for event in ("trace started", "trace downloaded", "trace ended", "trace deleted"):
        assert any(event in line and "access_key_id" in line for line in lines), event
    assert "15550123" not in traced.log


def test_calls_of_sipp_and_to_a_phone_are_in_the_ladder_diagram(
    traced: Server, phone: Ring, tmp_path: Path
) -> None:
    room = traced.new_room()
    sipp = Sipp(
        tmp_path / "sipp",
        target=room,
        server_port=traced.sip_port,
        calls=3,
        rate=2,
        talk_ms=1500,
        tone=tone(440.0, 2.0, sample_rate_hz=8000),
        number=7,
    )
    wanted = {"number": room, "peer": ADDRESS, "calls": 2, "duration": 60}
    started = traced.call("POST", "/traces", wanted).json
    try:
        assert sipp.wait() == 0
    finally:
        sipp.close()
    found = ended(traced, started["id"])
    assert (found["end_reason"], len(found["call_ids"])) == ("calls_ended", 2)
    page = traced.call("GET", f"/traces/{found['id']}/ladder")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    text = page.body.decode()
    assert text.count('<svg class="ladder"') == 2
    for said in (f"INVITE sip:{room}", "200 OK (INVITE)", "BYE", "200 OK (BYE)", "SDP: PCMU"):
        assert text.count(said) >= 2, said


def test_outgoing_call_is_traced_from_its_invite(traced: Server, phone: Ring, tmp_path: Path) -> None:
    called = phone(440.0, codec=PCMU, answers=True)
    target = called.uri.removeprefix("sip:")
    started = traced.call("POST", "/traces", {"number": target.partition("@")[0], "duration": 60}).json
    actions = [{"type": "answer"}, {"type": "sleep", "option": {"duration": 1500}}]
    body = {"destinations": [{"type": "sip", "target": target}], "actions": actions}
    (placed,) = traced.call("POST", "/calls", body).json["calls"]
    found = ended(traced, started["id"])
    assert found["call_ids"] == [placed["id"]]
    messages = tshark.fields(
        capture(traced, found["id"], tmp_path), (*SIP_FIELDS, "udp.srcport"), display_filter="sip"
    )
    assert (messages[0]["sip.Method"], messages[0]["udp.srcport"]) == ("INVITE", str(traced.sip_port))
    said = [each["sip.Method"] or each["sip.Status-Code"] for each in messages]
    assert said[-4:] == ["200", "ACK", "BYE", "200"]
