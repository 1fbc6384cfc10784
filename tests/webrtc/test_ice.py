"""Trickle ICE fragments (RFC 8840), candidates, a peer's addresses, rate limits."""

import pytest
from aioice import Candidate

from mixminus.errors import InvalidArgument
from mixminus.webrtc.ice import IceCredentials, parse_candidate, parse_fragment, render_fragment, usable
from mixminus.webrtc.mux import SourceLimiter
from mixminus.webrtc.paths import NetworkAddress, Paths

HOST = "1 1 udp 2122129151 192.0.2.7 44323 typ host"
TRICKLE = f"""a=group:BUNDLE 0\r
m=audio 9 UDP/TLS/RTP/SAVPF 111\r
a=mid:0\r
a=ice-ufrag:7sFv\r
a=ice-pwd:dOTZKZNVlO9RSGsEGM63JXT2\r
a=candidate:{HOST} generation 0\r
a=end-of-candidates\r
"""
A, B, C = ("192.0.2.1", 1), ("192.0.2.1", 2), ("198.51.100.9", 3)


def test_a_fragment_carries_credentials_and_candidates() -> None:
    fragment = parse_fragment(TRICKLE)
    assert fragment.ice == IceCredentials("7sFv", "dOTZKZNVlO9RSGsEGM63JXT2")
    assert [(each.host, each.port) for each in fragment.candidates] == [("192.0.2.7", 44323)]


def test_a_rendered_fragment_can_be_parsed() -> None:
    ice = IceCredentials("abcd", "0123456789abcdef0123456789abcdef")
    read = parse_fragment(render_fragment(mid="0", ice=ice, candidates=(parse_candidate(HOST),)))
    assert read.ice == ice
    assert read.candidates[0].to_sdp() == HOST


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a=candidate:1 1 udp", id="short candidate"),
        pytest.param(f"a=candidate:{HOST.replace('44323', 'port')}", id="port is a word"),
        pytest.param("a=ice-ufrag:7sFv\na=ice-pwd:short", id="short password"),
        pytest.param(f"a=candidate:{HOST}\n" * 33, id="too many candidates"),
        pytest.param("a=x\n" * 10_000, id="too long"),
    ],
)
def test_a_malformed_fragment_is_rejected(text: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_fragment(text)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(("", ""), True, id="host"),
        pytest.param(("typ host", "typ relay"), True, id="relayed"),
        pytest.param(("192.0.2.7", "2001:db8::7"), True, id="IPv6"),
        pytest.param(("192.0.2.7", "6f1d.local"), False, id="mDNS name"),
        pytest.param(("udp", "tcp"), False, id="TCP"),
        pytest.param(("1 1 udp", "1 2 udp"), False, id="RTCP component"),
        pytest.param(("44323", "0"), False, id="port 0"),
        pytest.param(("44323", "70000"), False, id="no port"),
    ],
)
def test_only_reachable_candidates_are_usable(change: tuple[str, str], expected: bool) -> None:
    candidate: Candidate = parse_candidate(HOST.replace(*change))
    assert usable(candidate) is expected


@pytest.mark.parametrize(
    ("address", "now", "moved"),
    [
        pytest.param(A, 100.0, False, id="where it is"),
        pytest.param(C, 3.0, False, id="new while settling: an alternative"),
        pytest.param(C, 20.0, True, id="new later: the NAT has moved it"),
        pytest.param(B, 20.0, False, id="an alternative, while the nominated one speaks"),
        pytest.param(B, 26.0, True, id="an alternative, the nominated one silent"),
    ],
)
def test_a_request_from_a_new_address_is_a_move(address: NetworkAddress, now: float, moved: bool) -> None:
    paths = Paths()
    paths.record_request(A, 0.0)
    paths.record_request(B, 0.0)
    paths.nominate(A, 0.0)
    paths.record_request(A, 10.0)
    assert paths.is_move(address, now) is moved


def test_addresses_are_bounded_and_the_nominated_one_is_kept() -> None:
    paths = Paths(limit=2)
    paths.record_request(A, 0.0)
    paths.nominate(A, 0.0)
    assert paths.record_request(B, 1.0) is None
    assert paths.record_request(C, 2.0) == B
    assert list(paths) == [A, C]


def test_a_source_is_limited_until_tokens_are_refilled() -> None:
    limiter = SourceLimiter(rate_per_s=10.0, burst=2.0)
    assert [limiter.allow("a", 0.0) for _ in range(3)] == [True, True, False]
    assert limiter.allow("b", 0.0)
    assert limiter.allow("a", 0.1)


def test_the_table_of_sources_is_bounded() -> None:
    limiter = SourceLimiter(rate_per_s=0.0, burst=1.0, max_sources=2)
    assert limiter.allow("a", 0.0) and limiter.allow("b", 0.0) and limiter.allow("c", 0.0)
    assert limiter.allow("a", 0.0)
    assert not limiter.allow("c", 0.0)
