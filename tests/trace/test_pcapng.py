"""Captures are what tshark reads: each message with its addresses, its time and its direction, whatever it consists of."""

import tempfile
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.trace.entries import AudioStatistics, Entry, SipMessage, decode, encode
from mixminus.trace.pcapng import pcapng
from tests.support import tshark

CALL = UUID(int=7)
AT_US = 1_780_000_000_123_456
INVITE = (
    b"INVITE sip:1000@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nCall-ID: a@b\r\n"
    b"CSeq: 1 INVITE\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:1000@example.com>\r\nContent-Length: 0\r\n\r\n"
)
OK = INVITE.replace(b"INVITE sip:1000@example.com SIP/2.0", b"SIP/2.0 200 OK", 1)


def message(
    data: bytes = INVITE, *, sent: bool = False, transport: str = "UDP", v6: bool = False, after_us: int = 0
) -> SipMessage:
    hosts = ("2001:db8::1", "2001:db8::2") if v6 else ("192.0.2.10", "192.0.2.20")
    return SipMessage(
        at_us=AT_US + after_us,
        call_id=CALL,
        sent=sent,
        transport=transport,
        local=(hosts[0], 5060),
        remote=(hosts[1], 40_000),
        data=data,
        length=len(data),
    )


def written(tmp_path: Path, *entries: Entry) -> Path:
    path = tmp_path / "t.pcapng"
    path.write_bytes(pcapng(entries, "mixminus", "a trace"))
    return path


@pytest.mark.parametrize("v6", [False, True], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS", "WSS"])
def test_both_directions_are_dissected_as_sip(tmp_path: Path, transport: str, v6: bool) -> None:
    path = written(
        tmp_path,
        message(transport=transport, v6=v6),
        message(OK, sent=True, transport=transport, v6=v6, after_us=1500),
    )
    names = ["sip.Method", "sip.Status-Code", "sip.Call-ID", "frame.time_epoch"]
    names += ["_ws.col.Source", "_ws.col.Destination", "frame.packet_flags_direction"]
    first, second = tshark.fields(path, names)
    ours, theirs = ("2001:db8::1", "2001:db8::2") if v6 else ("192.0.2.10", "192.0.2.20")
    assert [first["sip.Method"], second["sip.Status-Code"]] == ["INVITE", "200"]
    assert first["sip.Call-ID"] == second["sip.Call-ID"] == "a@b"
    assert [first["frame.time_epoch"], second["frame.time_epoch"]] == [
        "1780000000.123456000",
        "1780000000.124956000",
    ]
    assert [first["_ws.col.Source"], first["_ws.col.Destination"]] == [theirs, ours]
    assert [second["_ws.col.Source"], second["_ws.col.Destination"]] == [ours, theirs]
    assert [int(each["frame.packet_flags_direction"], 16) for each in (first, second)] == [1, 2]
    assert tshark.warnings(path) == ""


def test_mixed_families_become_mapped_addresses(tmp_path: Path) -> None:
    mixed = SipMessage(
        AT_US, CALL, False, "UDP", ("192.0.2.10", 5060), ("2001:db8::2", 5060), INVITE, len(INVITE)
    )
    (packet,) = tshark.fields(written(tmp_path, mixed), ("ipv6.src", "ipv6.dst", "sip.Method"))
    assert packet == {"ipv6.src": "2001:db8::2", "ipv6.dst": "::ffff:192.0.2.10", "sip.Method": "INVITE"}


def test_segments_of_one_connection_follow_each_other(tmp_path: Path) -> None:
    entries = [message(transport="TCP", after_us=each) for each in range(3)]
    entries.insert(2, message(OK, sent=True, transport="TCP", after_us=1))
    packets = tshark.fields(written(tmp_path, *entries), ("tcp.seq_raw", "tcp.ack_raw"))
    length, answer = len(INVITE), len(OK)
    assert [int(each["tcp.seq_raw"]) for each in packets] == [1, 1 + length, 1, 1 + 2 * length]
    assert [int(each["tcp.ack_raw"]) for each in packets] == [1, 1, 1 + 2 * length, 1 + answer]


def test_message_that_was_cut_says_so(tmp_path: Path) -> None:
    cut = SipMessage(AT_US, CALL, False, "UDP", ("192.0.2.10", 5060), ("192.0.2.20", 5060), INVITE, 20_000)
    (packet,) = tshark.fields(written(tmp_path, cut), ("frame.comment", "frame.len"))
    missing = 20_000 - len(INVITE)
    assert packet["frame.comment"] == f"{missing} bytes are missing at the end"
    assert int(packet["frame.len"]) == 20_000 + 28


def test_statistics_are_json_with_a_comment_that_reads_them_out(tmp_path: Path) -> None:
    values = {"rtp_received": 500.0, "rtp_sent": 499.0, "loss": 0.012, "jitter_ms": 3.25, "mos": 4.1}
    sample = AudioStatistics(AT_US, CALL, ("192.0.2.10", 30_000), values)
    names = ("frame.comment", "json.key", "_ws.col.Source", "frame.interface_name")
    (packet,) = tshark.fields(written(tmp_path, sample), names)
    assert packet["frame.comment"] == (
        "audio: 500 packets received, 499 sent, lost 1.2 %, jitter 3.2 ms, buffer 0 ms, MOS 4.1"
    )
    assert packet["json.key"] == "call_id;rtp_received;rtp_sent;loss;jitter_ms;mos"
    assert (packet["_ws.col.Source"], packet["frame.interface_name"]) == ("192.0.2.10", "audio statistics")


ADDRESSES = st.tuples(st.ip_addresses().map(str), st.integers(0, 65_535))
MESSAGES = st.builds(
    SipMessage,
    at_us=st.integers(0, 2**52),
    call_id=st.uuids(),
    sent=st.booleans(),
    transport=st.sampled_from(["UDP", "TCP", "TLS", "WSS"]),
    local=ADDRESSES,
    remote=ADDRESSES,
    data=st.binary(max_size=300) | st.just(INVITE) | st.just(b"x" * 65_475),
    length=st.integers(0, 70_000),
)
STATISTICS = st.builds(
    AudioStatistics,
    at_us=st.integers(0, 2**52),
    call_id=st.uuids(),
    local=ADDRESSES,
    values=st.dictionaries(st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False)),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(MESSAGES | STATISTICS, max_size=40))
def test_tshark_reads_every_packet_of_any_trace(entries: list[Entry]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        packets = tshark.fields(written(Path(folder), *entries), ("frame.number", "frame.time_epoch"))
    assert len(packets) == len(entries)
    times = [int(each["frame.time_epoch"].replace(".", "")[:-3]) for each in packets]
    assert times == [each.at_us for each in entries]


@given(MESSAGES | STATISTICS)
def test_entry_survives_its_file(entry: Entry) -> None:
    assert decode(encode(entry)) == entry


@given(st.binary(max_size=200))
def test_any_other_line_is_no_entry(line: bytes) -> None:
    with pytest.raises(ValueError, match="not an entry of a trace"):
        decode(line)
