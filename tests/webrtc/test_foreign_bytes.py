"""Malformed input from browsers is rejected: STUN by UDP, fragments by PATCH."""

import itertools
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixminus.clock import SystemClock
from mixminus.errors import InvalidArgument
from mixminus.mixer import Engine
from mixminus.webrtc.ice import parse_fragment
from mixminus.webrtc.mux import PeerMux
from tests.webrtc.test_ice import TRICKLE
from tests.webrtc.test_mux import Inbox, admit, request

PORTS = itertools.cycle(range(1024, 65_536))
FINGERPRINT_BYTES = 8


@pytest.fixture
def mux(engine: Engine) -> PeerMux:
    return PeerMux(engine.open_mux("127.0.0.1", 0), SystemClock())


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(place=st.integers(0, 100), length=st.integers(0, 12), damage=st.binary(max_size=24), source=st.data())
def test_a_damaged_request_authenticates_no_address(
    mux: PeerMux, place: int, length: int, damage: bytes, source: st.DataObject
) -> None:
    inbox = Inbox()
    true = request(admit(mux, inbox))
    damaged = true[:place] + damage + true[place + length :]
    # Each from another address, so that the rate limit does not apply.
    address = (str(source.draw(st.ip_addresses(v=4))), next(PORTS))
    mux.receive(damaged, address)
    assert inbox.requests == ([address] if damaged == true else [])


def test_a_request_without_a_correct_fingerprint_is_discarded(mux: PeerMux) -> None:
    """RFC 8489 section 6.3, with requests that are otherwise valid: no fingerprint, a wrong one, a correct one."""
    inbox = Inbox()
    true = request(admit(mux, inbox))
    bare = true[:2] + struct.pack("!H", len(true) - 20 - FINGERPRINT_BYTES) + true[4:-FINGERPRINT_BYTES]
    crc = zlib.crc32(true[:-FINGERPRINT_BYTES]) ^ 0x5354554E
    damaged = [
        bare,
        true[:-4] + struct.pack("!I", crc ^ 1),
        true[:-FINGERPRINT_BYTES] + bytes(FINGERPRINT_BYTES),
    ]
    for datagram in damaged:
        mux.receive(datagram, ("192.0.2.1", next(PORTS)))
    assert inbox.requests == []
    assert mux.counters["webrtc.malformed"] == len(damaged)
    mux.receive(true[:-4] + struct.pack("!I", crc), ("192.0.2.1", 4000))
    assert inbox.requests == [("192.0.2.1", 4000)]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.binary(max_size=60), st.sampled_from([0x00, 0x01, 0x03]), st.ip_addresses(v=4))
def test_random_bytes_are_not_accepted_as_stun(mux: PeerMux, noise: bytes, first: int, host: object) -> None:
    mux.receive(bytes([first]) + noise, (str(host), next(PORTS)))


@settings(max_examples=300)
@given(st.integers(0, len(TRICKLE)), st.integers(0, 20), st.text(max_size=20))
def test_a_damaged_fragment_is_parsed_or_rejected(place: int, length: int, damage: str) -> None:
    with suppress(InvalidArgument):
        parse_fragment(TRICKLE[:place] + damage + TRICKLE[place + length :])
