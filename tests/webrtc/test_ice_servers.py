"""STUN and TURN servers for browsers: URIs and credentials (RFC 7064, RFC 7065, the TURN REST API)."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from mixminus.webrtc.ice_servers import IceServers, is_ice_uri, is_relay

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "uri",
    [
        "stun:example.com",
        "stuns:example.com:5349",
        "turn:192.0.2.1",
        "turn:[2001:db8::1]:3478?transport=tcp",
        "turns:turn.example.com?transport=udp",
    ],
)
def test_uris_of_the_standards_are_accepted(uri: str) -> None:
    assert is_ice_uri(uri)
    assert is_relay(uri) == uri.startswith("turn")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "http://example.com",
        "stun:",
        "stun:example.com?transport=udp",
        "turn:example.com?transport=sctp",
        "turn:example.com, turn:other.example.com",
        'turn:example.com>; rel="next"',
        "turn:example.com\r\nX: y",
        "turn://example.com",
    ],
)
def test_other_texts_are_refused(uri: str) -> None:
    assert not is_ice_uri(uri)


def test_link_header_has_a_credential_that_a_turn_server_can_check() -> None:
    servers = IceServers(("stun:a.example", "turn:b.example?transport=tcp"), "secret", timedelta(hours=1))
    stun, turn = servers.links(NOW, "someone").split(", ")
    assert stun == '<stun:a.example>; rel="ice-server"'
    username = f"{int(NOW.timestamp()) + 3600}:someone"
    password = base64.b64encode(hmac.new(b"secret", username.encode(), hashlib.sha1).digest()).decode()
    assert turn == (
        f'<turn:b.example?transport=tcp>; rel="ice-server"; username="{username}"; credential="{password}"; '
        'credential-type="password"'
    )


def test_without_servers_there_is_no_link() -> None:
    assert IceServers().links(NOW, "someone") == ""
