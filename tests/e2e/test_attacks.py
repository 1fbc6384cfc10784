"""Attacks on a whole server, each in a small form: others call, are heard without gaps, and lose nothing meanwhile."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise

import psutil
import pytest

from tests.support.attacker import Attacker, attackers
from tests.support.lossy import Address
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import tone
from tests.support.waiting import eventually, play_for

LONGEST_GAP_S = 0.4
"""Of a whole machine that is busy with other tests; an attack that does harm makes seconds."""
SOON_S = 3.0


def address(server: Server) -> Address:
    return server.host, server.sip_port


@contextmanager
def witnesses(server: Server) -> Iterator[str]:
    """Let two phones talk in a room meanwhile; afterwards neither was cut off, and no packet was missing."""
    room = server.new_room()
    with RawPhone() as talker, RawPhone() as listener:
        for each in (talker, listener):
            each.dial(address(server), room)
        talker.talk(tone(440, 1.0, sample_rate_hz=8000))
        eventually(lambda: len(listener.arrivals) > 25, what="audio at the witness")
        begun_s = time.monotonic()
        yield room
        play_for(0.3)
        arrivals = [each for each in listener.arrivals if each.at_s > begun_s]
        assert max(after.at_s - before.at_s for before, after in pairwise(arrivals)) < LONGEST_GAP_S
        steps = {(b.sequence_number - a.sequence_number) & 0xFFFF for a, b in pairwise(arrivals)}
        assert steps == {1}
        assert len(server.participants(room)) >= 2


def assert_call_is_answered(server: Server, within_s: float = SOON_S) -> None:
    begun_s = time.monotonic()
    with RawPhone() as phone:
        phone.dial(address(server), server.new_room())
        assert time.monotonic() - begun_s < within_s


def workers(server: Server) -> set[int]:
    tree = psutil.Process(server.process.pid).children(recursive=True)
    return {each.pid for each in tree if "worker" in each.name() or "zygote" in each.name()}


def test_digits_that_pjsip_cannot_read_end_no_worker(server: Server) -> None:
    with witnesses(server) as room, Attacker("127.60.1.1", address(server)) as attacker:
        before = workers(server)
        attacker.send(attacker.invite(room))
        eventually(lambda: len(server.participants(room)) == 3, what="the attacker has joined")
        answer = next(each for each in attacker.received() if each.startswith(b"SIP/2.0 200")).decode()
        lines = dict(line.split(": ", 1) for line in answer.split("\r\n")[1:] if ": " in line)
        contact = lines["Contact"].strip("<>").partition(">")[0]
        for number, body in enumerate(("Signal", "Signal=", "Signal=5", "Signal=5\n", "Signal=\x00"), 2):
            attacker.send(
                f"INFO {contact} SIP/2.0\r\nVia: {lines['Via']}\r\nFrom: {lines['From']}\r\nTo: {lines['To']}\r\n"
                f"Call-ID: {lines['Call-ID']}\r\nCSeq: {number} INFO\r\nMax-Forwards: 70\r\n"
                f"Content-Type: application/dtmf-relay\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            )
        play_for(1.0)
        assert workers(server) == before


def test_headers_of_quotes_do_not_stop_the_edge(server: Server) -> None:
    with witnesses(server), Attacker("127.60.1.2", address(server)) as attacker:
        for filler in ('\\"' * 7000, "<" * 14_000, '"' * 14_000):
            for _ in range(10):
                attacker.send(attacker.request("OPTIONS", "", f"Supported: {filler}"))
        with Attacker("127.60.2.1", address(server)) as other:
            other.send(other.request("OPTIONS", ""))
            assert other.first_status(1.0) == "200"
        assert_call_is_answered(server)


def test_silent_listener_keeps_its_audio(server: Server) -> None:
    with witnesses(server) as room, ExitStack() as stack:
        listener = stack.enter_context(Attacker("127.61.1.1", address(server)))
        thief = stack.enter_context(Attacker("127.61.2.1", address(server)))
        audio = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        audio.bind((listener.host, 0))
        audio.settimeout(2)
        listener.send(listener.invite(room, media=audio.getsockname(), direction="recvonly"))
        eventually(lambda: len(server.participants(room)) == 3, what="the listener has joined")
        answer = next(each for each in listener.received() if each.startswith(b"SIP/2.0 200")).decode()
        port = int(answer.partition("m=audio ")[2].split()[0])
        listener.send(acknowledgement(answer, listener))
        audio.recv(2048)
        for number in range(50):
            packet = struct.pack("!BBHII", 0x80, 0, number, number * 160, 0xBAD) + b"\x00" * 160
            thief.socket.sendto(packet, (server.host, port))
        assert not thief.received_within(0.5)
        audio.recv(2048)


def acknowledgement(answer: str, phone: Attacker) -> str:
    """Return the ACK of a 200."""
    lines = dict(line.split(": ", 1) for line in answer.split("\r\n")[1:] if ": " in line)
    contact = lines["Contact"].strip("<>").partition(">")[0]
    return (
        f"ACK {contact} SIP/2.0\r\nVia: SIP/2.0/UDP {phone.host}:{phone.port};branch=z9hG4bKack\r\n"
        f"From: {lines['From']}\r\nTo: {lines['To']}\r\nCall-ID: {lines['Call-ID']}\r\nCSeq: 1 ACK\r\n"
        "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )


@pytest.mark.parametrize("sources", [1, 60], ids=["one host", "sixty hosts"])
def test_invites_that_are_never_acknowledged_keep_no_call_out(server: Server, sources: int) -> None:
    with witnesses(server) as room, attackers(address(server), sources) as hosts:
        for count in range(128):
            attacker = hosts[count % sources]
            attacker.send(attacker.invite(room))
        for _ in range(5):
            assert_call_is_answered(server)
            play_for(0.4)


@pytest.mark.parametrize("known", [False, True], ids=["unknown name", "room"])
def test_unverified_source_gets_no_more_than_three_times_its_bytes(server: Server, known: bool) -> None:
    host = "127.62.1.1" if known else "127.62.3.1"
    with Attacker(host, address(server)) as attacker, ExitStack() as stack:
        victim = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        victim.bind(("127.62.2.1", 0))
        victim.settimeout(0.1)
        attacker.send(attacker.invite(server.new_room() if known else "unknown", media=victim.getsockname()))
        received = sum(map(len, attacker.received_within(9)))
        assert 0 < received <= 3 * attacker.sent_bytes
        with pytest.raises(TimeoutError):
            victim.recv(2048)


def test_look_ups_of_four_hundred_hosts_do_not_slow_the_api(server: Server) -> None:
    with witnesses(server), attackers(address(server), 400) as hosts:
        slowest_s = 0.0
        for count, attacker in enumerate(hosts * 3):
            name = f"user{count}"
            attacker.send(attacker.request("REGISTER", "", sender=f"{name}@{server.host}"))
            attacker.send(attacker.request("INVITE", "1234", sender=f"{name}@{server.host}"))
            if count % 50 == 0:
                play_for(0.05)
                begun_s = time.monotonic()
                assert server.call("GET", "/conferences").status == 200
                slowest_s = max(slowest_s, time.monotonic() - begun_s)
        assert slowest_s < 1
        assert_call_is_answered(server)


def test_damaged_acknowledgements_fill_no_log(server: Server) -> None:
    before = len(server.log)
    with witnesses(server), Attacker("127.63.1.1", address(server)) as attacker:
        for _ in range(300):
            attacker.send(
                "ACK sip:a@b SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCSeq: 1 ACK\r\n\r\n"
            )
        play_for(0.5)
    assert len(server.log) - before < 2000


def test_idle_and_slow_connections_keep_no_phone_out(server: Server) -> None:
    with witnesses(server), ExitStack() as stack:
        for count in range(4 * 256):
            # One beyond its share is reset.
            stream = stack.enter_context(socket.socket())
            stream.bind((f"127.64.{count % 4}.1", 0))
            stream.connect(address(server))
            if count % 2:
                stream.send(b"O")
        with socket.create_connection(
            address(server), timeout=SOON_S, source_address=("127.65.1.1", 0)
        ) as phone:
            host, port = phone.getsockname()
            phone.sendall(
                f"OPTIONS sip:{server.host} SIP/2.0\r\nVia: SIP/2.0/TCP {host}:{port};branch=z9hG4bKt\r\n"
                f"From: <sip:a@{host}>;tag=1\r\nTo: <sip:{server.host}>\r\nCall-ID: tcp\r\nCSeq: 1 OPTIONS\r\n"
                "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode()
            )
            assert phone.recv(2048).startswith(b"SIP/2.0 200")
        assert_call_is_answered(server)


def test_recorded_route_leads_nowhere_but_to_the_caller(server: Server) -> None:
    room = server.new_room()
    with (
        Attacker("127.66.1.1", address(server)) as attacker,
        socket.create_server(("127.66.2.1", 0)) as inside,
    ):
        inside.settimeout(0.1)
        host, port = inside.getsockname()
        routed = (
            "Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKp\r\n"
            f"Record-Route: <sip:{host}:{port};lr;transport=tcp>\r\nMax-Forwards"
        )
        attacker.send(attacker.invite(room).replace("Max-Forwards", routed))
        eventually(lambda: len(server.participants(room)) == 1, what="the attacker has joined")
        answer = next(each for each in attacker.received() if each.startswith(b"SIP/2.0 200")).decode()
        attacker.send(acknowledgement(answer, attacker))
        play_for(0.5)
        server.call("DELETE", f"/conferences/{room}")
        assert any(each.startswith(b"BYE ") for each in attacker.received_within(2))
        with pytest.raises(TimeoutError):
            inside.accept()
