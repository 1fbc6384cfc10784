"""Datagrams from unauthenticated sources have no effect, and are counted."""

import random
import socket
from collections.abc import Callable, Iterator

import pytest
from aioice.stun import Class, Message, Method
from aiortc.sdp import SessionDescription

from mixminus.webrtc.endpoint import WebRtcEndpoint
from tests.support.aiortc_client import AiortcClient
from tests.support.relay import UdpRelay
from tests.support.room import AnsweringRoom
from tests.support.waiting import pace, until
from tests.support.whip import direct

CLIENT_HELLO = bytes.fromhex("16feff0000000000000000000401000000")
RTP = bytes.fromhex("806f000100000001deadbeef") + bytes(60)


@pytest.fixture
def attacker() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        attacker.bind(("127.0.0.1", 0))
        attacker.setblocking(False)
        yield attacker


def binding_request(username: str, password: str | None) -> bytes:
    message = Message(Method.BINDING, Class.REQUEST)
    message.attributes["USERNAME"] = username
    message.attributes["PRIORITY"] = 1
    message.attributes["USE-CANDIDATE"] = None
    message.attributes["ICE-CONTROLLING"] = 1
    if password is not None:
        message.add_message_integrity(password.encode())
    else:
        message.add_fingerprint()
    return bytes(message)


async def joined(endpoint: WebRtcEndpoint) -> tuple[AiortcClient, str]:
    """Return a connected client, and the USERNAME of its requests."""
    client = AiortcClient(direct(endpoint), hz=440)
    await client.join()
    ours = SessionDescription.parse(client.connection.remoteDescription.sdp).media[0].ice
    theirs = SessionDescription.parse(client.connection.localDescription.sdp).media[0].ice
    assert ours is not None and theirs is not None
    return client, f"{ours.usernameFragment}:{theirs.usernameFragment}"


def silent(attacker: socket.socket) -> bool:
    try:
        attacker.recv(2048)
    except BlockingIOError:
        return True
    return False


@pytest.mark.parametrize(
    ("forge", "counter"),
    [
        pytest.param(
            lambda name: binding_request(name, "x" * 32), "webrtc.stun.forged", id="wrong integrity"
        ),
        pytest.param(lambda name: binding_request(name, None), "webrtc.stun.forged", id="no integrity"),
        pytest.param(
            lambda name: binding_request("who:me", "x" * 32), "webrtc.stun.unknown", id="unknown ufrag"
        ),
        pytest.param(
            lambda name: b"\x01\x01" + binding_request(name, "x" * 32)[2:],
            "webrtc.stun.unasked",
            id="unasked response",
        ),
        pytest.param(lambda name: binding_request(name, "x" * 32)[:-9], "webrtc.malformed", id="cut short"),
        pytest.param(lambda name: CLIENT_HELLO, "webrtc.dtls.unvouched", id="DTLS"),
    ],
)
async def test_a_forged_datagram_is_dropped_and_counted(
    endpoint: WebRtcEndpoint,
    backend: AnsweringRoom,
    attacker: socket.socket,
    forge: Callable[[str], bytes],
    counter: str,
) -> None:
    client, username = await joined(endpoint)
    for _ in range(3):
        attacker.sendto(forge(username), ("127.0.0.1", endpoint.port))
    await until(lambda: endpoint.counters.get(counter, 0) == 3)
    assert silent(attacker)
    await assert_unaffected(client, backend)


async def test_a_flood_is_limited_and_has_no_effect(
    endpoint: WebRtcEndpoint, backend: AnsweringRoom, attacker: socket.socket
) -> None:
    client, username = await joined(endpoint)
    chance = random.Random(20261122)
    for _ in range(40):
        for _ in range(50):
            noise = chance.randbytes(chance.randrange(1, 200))
            forged = chance.choice([noise, CLIENT_HELLO, RTP, binding_request(username, "x" * 32)])
            attacker.sendto(forged, ("127.0.0.1", endpoint.port))
        await pace(0)
    await until(lambda: endpoint.counters.get("webrtc.limited", 0) > 0)
    assert silent(attacker)
    await assert_unaffected(client, backend)


async def test_a_replayed_request_has_no_effect(
    endpoint: WebRtcEndpoint, backend: AnsweringRoom, attacker: socket.socket
) -> None:
    """An eavesdropper may repeat a request and receive an answer; it cannot answer our connectivity check."""
    relay = UdpRelay(("127.0.0.1", endpoint.port))
    await relay.start()
    client = AiortcClient(direct(endpoint), hz=440)
    await client.join(behind=relay)
    assert relay.last_request
    attacker.sendto(relay.last_request, ("127.0.0.1", endpoint.port))
    await until(lambda: not silent(attacker))
    await assert_unaffected(client, backend)
    relay.close()


async def test_malformed_datagrams_from_the_peers_address_have_no_effect(
    endpoint: WebRtcEndpoint, backend: AnsweringRoom
) -> None:
    relay = UdpRelay(("127.0.0.1", endpoint.port))
    await relay.start()
    client = AiortcClient(direct(endpoint), hz=440)
    await client.join(behind=relay)
    alert = bytes.fromhex("15fefd000000000000ffff00020100")  # close_notify, not encrypted
    for forged in (alert, CLIENT_HELLO, RTP, b"\x16", binding_request("a:b", None)):
        relay.to_server(forged, None)
    await until(lambda: endpoint.counters.get("webrtc.stun.unknown", 0) == 1)
    await assert_unaffected(client, backend)
    relay.close()


async def assert_unaffected(client: AiortcClient, backend: AnsweringRoom) -> None:
    """Assert that the session still uses the client's address: close_notify arrives there."""
    assert client.connection.connectionState == "connected"
    leg = await backend.connected()
    await leg.hang_up()
    assert not (await leg.ended()).remote
    await until(lambda: client.connection.connectionState == "closed")
    await client.leave()
