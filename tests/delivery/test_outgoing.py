"""Which addresses outgoing requests may connect to."""

import socket

import pytest

from mixminus.delivery.outgoing import TargetRefused, is_public, open_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%lo",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
    ],
)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not is_public(address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(TargetRefused):
        open_public((family, socket.SOCK_STREAM, 0, "", (address, 80)))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(address)


def test_a_socket_to_a_public_address_is_created() -> None:
    with open_public((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("1.1.1.1", 80))) as opened:
        assert (opened.family, opened.type) == (socket.AF_INET, socket.SOCK_STREAM)
