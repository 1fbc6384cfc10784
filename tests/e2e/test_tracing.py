"""Traces of real calls: what the phone and the server have said, read by tshark, without any secret."""

from pathlib import Path
from typing import Any

from tests.e2e.conftest import Ring
from tests.support import tshark
from tests.support.netns import ADDRESS
from tests.support.server import Server
from tests.support.sipp import Sipp
from tests.support.tones import tone
from tests.support.waiting import eventually, play_for

PCMU = "PCMU/8000/1"
SIP_FIELDS = ("sip.Method", "sip.Status-Code", "sip.CSeq.method", "sip.Call-ID")


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
    tls_server: Server, phone: Ring, tmp_path: Path
) -> None:
    room = tls_server.new_room()
    started = tls_server.call("POST", "/traces", {"number": room, "duration": 60})
    assert (started.status, started.json["status"]) == (200, "waiting")
    other, baresip = tls_server.new_room(), phone(440.0, codec=PCMU)
    baresip.dial(tls_server.sip_uri(other))
    call_of(tls_server, other)
    baresip.hang_up()
    tls_server.wait_for_participants(other, 0)
    baresip.dial(tls_server.sip_uri(room))
    call_id = call_of(tls_server, room)
    play_for(3)
    baresip.hang_up()
    found = ended(tls_server, started.json["id"])
    assert (found["end_reason"], found["call_ids"]) == ("calls_ended", [call_id])
    path = capture(tls_server, found["id"], tmp_path)
    messages = tshark.fields(path, (*SIP_FIELDS, "udp.dstport"), display_filter="sip")
    assert len({each["sip.Call-ID"] for each in messages}) == 1
    said = [each["sip.Method"] or each["sip.Status-Code"] for each in messages]
    assert [each for each in said if each not in ("100", "180")] == ["INVITE", "200", "ACK", "BYE", "200"]
    assert messages[0]["udp.dstport"] == str(tls_server.sip_port)
    statistics = tshark.fields(path, ("frame.comment", "json.key"), display_filter="json")
    assert len(statistics) >= 2
    assert "packets received" in statistics[-1]["frame.comment"]


def test_live_call_over_tls_is_readable_without_its_keys(
    tls_server: Server, tls_port: int, phone: Ring, tmp_path: Path
) -> None:
    root = tls_server.save_root(tmp_path)
    room = tls_server.new_room()
    started = tls_server.call("POST", "/traces", {"peer": ADDRESS, "duration": 60}).json
    baresip = phone(440.0, codec=PCMU, transport="tls", media_encryption="srtp-mand", trusted=root)
    baresip.dial(f"sip:{room}@{ADDRESS}:{tls_port}")
    call_id = call_of(tls_server, room)
    live = tls_server.call("POST", f"/calls/{call_id}/trace").json
    play_for(2)
    baresip.hang_up()
    found = ended(tls_server, started["id"])
    path = capture(tls_server, found["id"], tmp_path)
    messages = tshark.fields(path, (*SIP_FIELDS, "frame.comment", "sdp.media_attr"), display_filter="sip")
    assert messages[0]["sip.Method"] == "INVITE"
    assert "over TLS" in messages[0]["frame.comment"]
    keys = [each for each in messages if "crypto" in each["sdp.media_attr"]]
    assert len(keys) >= 2
    content = path.read_bytes()
    assert content.count(b"inline:xxxx") >= 2
    assert content.count(b"inline:") == content.count(b"inline:xxxx")
    late = ended(tls_server, live["id"])
    assert late["call_ids"] == [call_id]
    said = tshark.fields(capture(tls_server, late["id"], tmp_path), SIP_FIELDS, display_filter="sip")
    assert [each["sip.Method"] or each["sip.Status-Code"] for each in said] == ["BYE", "200"]


def test_requests_about_traces_are_in_the_log(tls_server: Server) -> None:
    made = tls_server.call("POST", "/traces", {"number": "+15550123", "duration": 60}).json
    assert tls_server.call("GET", f"/traces/{made['id']}/pcapng").status == 200
    assert tls_server.call("POST", f"/traces/{made['id']}/stop").json["end_reason"] == "stopped"
    assert tls_server.call("DELETE", f"/traces/{made['id']}").status == 200
    assert tls_server.call("GET", f"/traces/{made['id']}").status == 404
    lines = [line for line in tls_server.log.splitlines() if made["id"] in line]
    for event in ("trace started", "trace downloaded", "trace ended", "trace deleted"):
        assert any(event in line and "access_key_id" in line for line in lines), event
    assert "15550123" not in tls_server.log


def test_calls_of_sipp_and_to_a_phone_are_in_the_ladder_diagram(
    tls_server: Server, phone: Ring, tmp_path: Path
) -> None:
    room = tls_server.new_room()
    sipp = Sipp(
        tmp_path / "sipp",
        target=room,
        server_port=tls_server.sip_port,
        calls=3,
        rate=2,
        talk_ms=1500,
        tone=tone(440.0, 2.0, sample_rate_hz=8000),
        number=7,
    )
    wanted = {"number": room, "peer": ADDRESS, "calls": 2, "duration": 60}
    started = tls_server.call("POST", "/traces", wanted).json
    try:
        assert sipp.wait() == 0
    finally:
        sipp.close()
    found = ended(tls_server, started["id"])
    assert (found["end_reason"], len(found["call_ids"])) == ("calls_ended", 2)
    page = tls_server.call("GET", f"/traces/{found['id']}/ladder")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    text = page.body.decode()
    assert text.count('<svg class="ladder"') == 2
    for said in (f"INVITE sip:{room}", "200 OK (INVITE)", "BYE", "200 OK (BYE)", "SDP: PCMU"):
        assert text.count(said) >= 2, said


def test_outgoing_call_is_traced_from_its_invite(tls_server: Server, phone: Ring, tmp_path: Path) -> None:
    called = phone(440.0, codec=PCMU, answers=True)
    target = called.uri.removeprefix("sip:")
    started = tls_server.call("POST", "/traces", {"number": target.partition("@")[0], "duration": 60}).json
    actions = [{"type": "answer"}, {"type": "sleep", "option": {"duration": 1500}}]
    body = {"destinations": [{"type": "sip", "target": target}], "actions": actions}
    (placed,) = tls_server.call("POST", "/calls", body).json["calls"]
    found = ended(tls_server, started["id"])
    assert found["call_ids"] == [placed["id"]]
    messages = tshark.fields(
        capture(tls_server, found["id"], tmp_path), (*SIP_FIELDS, "udp.srcport"), display_filter="sip"
    )
    assert (messages[0]["sip.Method"], messages[0]["udp.srcport"]) == ("INVITE", str(tls_server.sip_port))
    said = [each["sip.Method"] or each["sip.Status-Code"] for each in messages]
    assert said[-4:] == ["200", "ACK", "BYE", "200"]
