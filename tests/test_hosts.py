"""Addresses of both families."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.hosts import bracketed, facing, family_of, host_of, media_host, network_of, parse_hosts


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("192.0.2.1", ("192.0.2.1",)),
        ("2001:DB8::0:1", ("2001:db8::1",)),
        ("192.0.2.1,2001:db8::1", ("192.0.2.1", "2001:db8::1")),
        (" ::1 , 127.0.0.1 ", ("::1", "127.0.0.1")),
        ("::", ("0.0.0.0", "::")),
        ("0.0.0.0", ("0.0.0.0",)),
    ],
)
def test_a_list_has_at_most_one_address_of_each_family(text: str, hosts: tuple[str, ...]) -> None:
    assert parse_hosts(text) == hosts


@pytest.mark.parametrize("text", ["", "a.example", "192.0.2.1,192.0.2.2", "::1,::2", "192.0.2.1,", "[::1]"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_hosts(text)


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("198.51.100.9", "192.0.2.1"),
        ("2001:db8::9", "2001:db8::1"),
        ("fe80::1%eth0", "2001:db8::1"),
        ("a.b", "192.0.2.1"),
    ],
)
def test_the_address_that_faces_a_peer_has_its_family(peer: str, host: str) -> None:
    assert facing(("192.0.2.1", "2001:db8::1"), peer) == host


@given(st.ip_addresses())
def test_our_only_address_faces_everybody(peer: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert facing(("192.0.2.1",), str(peer)) == "192.0.2.1"


@given(st.ip_addresses())
def test_a_host_is_in_its_own_network_and_prefix(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    own, prefix = network_of(str(address))
    if address.version == 4:
        assert own == str(address)
    else:
        assert address in ipaddress.ip_network(own)
        assert ipaddress.ip_network(own).prefixlen == 64
    assert address in ipaddress.ip_network(prefix)


def test_audio_of_both_families_comes_to_one_socket() -> None:
    assert media_host(("192.0.2.1",)) == "192.0.2.1"
    assert media_host(("192.0.2.1", "2001:db8::1")) == "::"


def test_names_have_no_family_and_only_ipv6_has_brackets() -> None:
    assert family_of("a.example") == 0
    assert [bracketed(host) for host in ("a.example", "192.0.2.1", "::1")] == [
        "a.example",
        "192.0.2.1",
        "[::1]",
    ]


@given(st.ip_addresses().map(str), st.integers(1, 65_535))
def test_the_host_of_an_address_is_what_was_put_there(host: str, port: int) -> None:
    assert host_of(f"{bracketed(host)}:{port}") == host
