"""A room is sent to Icecast, and players hear all participants there, also after Icecast was killed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.test_broadcast import A_HZ, B_HZ, OTHER_HZ, RATE_HZ, play, room
from tests.support.baresip import Baresip
from tests.support.icecast import PASSWORD, Icecast, icecast
from tests.support.server import Server
from tests.support.sip_tls import local_authority
from tests.support.waiting import eventually

__all__ = ["room"]


@pytest.fixture
def radio() -> Iterator[Icecast]:
    with icecast() as running:
        yield running


def body_of(url: str, **fields: str) -> dict[str, str]:
    return {"protocol": "icecast", "url": url, "password": PASSWORD, **fields}


def begin(server: Server, room: str, url: str, **fields: str) -> str:
    """Start to broadcast, and return the id."""
    begun = server.call("POST", f"/conferences/{room}/broadcasts", body_of(url, **fields))
    assert begun.status == 200, begun.json
    return str(begun.json["id"])


def wait_for(server: Server, broadcast: str, status: str) -> dict[str, Any]:
    def seen() -> dict[str, Any]:
        found: dict[str, Any] = server.call("GET", f"/broadcasts/{broadcast}").json
        return found

    eventually(lambda: seen()["status"] == status, what=f"the broadcast is {status}")
    return seen()


def enter(server: Server, room: str, *phones: Baresip) -> list[str]:
    """Let phones dial into a room, one after the other, and return the participants."""
    present: list[str] = []
    for number, each in enumerate(phones, 1):
        each.dial(server.sip_uri(room))
        present = server.wait_for_participants(room, number)
    return present


def test_players_hear_all_participants_beside_a_broadcast_by_hls(
    server: Server, room: str, phone: Ring, radio: Icecast
) -> None:
    enter(server, room, phone(A_HZ, codec="PCMA/8000/1"), phone(B_HZ, codec="G722/16000/1"))
    assert server.call("POST", f"/conferences/{room}/broadcasts", {}).status == 200
    mount = radio.url("/room.opus")
    broadcast = begin(server, room, mount, name="Weekly meeting")
    seen = wait_for(server, broadcast, "live")
    assert (seen["url"], seen["path"], seen["error"]) == (mount, "", "")
    assert_hears((play(mount, 6), RATE_HZ), (A_HZ, B_HZ), OTHER_HZ)
    assert len(server.participants(room)) == 2
    again = server.call("POST", f"/conferences/{room}/broadcasts", body_of(mount))
    assert (again.status, again.json["error"]["reason"]) == (409, "BROADCAST_ALREADY_RUNS")
    stopped = server.call("POST", f"/broadcasts/{broadcast}/stop", {})
    assert (stopped.status, stopped.json["status"]) == (200, "ended")


def test_a_whisper_is_kept_from_icecast(server: Server, room: str, phone: Ring, radio: Icecast) -> None:
    listener, speaker = enter(server, room, phone(A_HZ), phone(B_HZ))
    rules = {"whisper": [{"speaker": speaker, "listeners": [listener]}]}
    assert server.call("PUT", f"/conferences/{room}/hears", rules).status == 200
    wait_for(server, begin(server, room, radio.url("/room.opus")), "live")
    assert_hears((play(radio.url("/room.opus"), 4), RATE_HZ), (A_HZ,), B_HZ)


def test_a_killed_icecast_is_sent_to_again_when_it_is_back(
    server: Server, room: str, phone: Ring, radio: Icecast
) -> None:
    enter(server, room, phone(A_HZ))
    broadcast = begin(server, room, radio.url("/room.opus"))
    started = wait_for(server, broadcast, "live")["tm_start"]
    radio.kill()
    assert "Icecast server" in wait_for(server, broadcast, "retrying")["error"]
    radio.start()
    seen = wait_for(server, broadcast, "live")
    assert (seen["tm_start"], seen["error"]) == (started, "")
    assert_hears((play(radio.url("/room.opus"), 4), RATE_HZ), (A_HZ,), OTHER_HZ)


def test_a_wrong_password_is_reported_and_no_password_is_logged(
    server: Server, room: str, radio: Icecast
) -> None:
    broadcast = begin(server, room, radio.url("/room.opus"), password="a wrong password")
    assert "refuses user and password (401)" in wait_for(server, broadcast, "failed")["error"]
    answers = server.call("GET", f"/conferences/{room}/broadcasts").json
    assert "a wrong password" not in str(answers)
    assert "a wrong password" not in server.log


def test_tls_is_used_and_a_certificate_of_an_unknown_authority_is_refused(
    server: Server, tmp_path: Path
) -> None:
    authority = local_authority(tmp_path / "tls", "127.0.0.1")
    certificate = authority.certificate.read_text() + authority.key.read_text()
    with (
        icecast(certificate) as radio,
        Server(tmp_path, SSL_CERT_FILE=str(authority.root)) as trusting,
    ):
        wait_for(trusting, begin(trusting, trusting.new_room(), radio.url("/room.opus")), "live")
        broadcast = begin(server, server.new_room(), radio.url("/other.opus"))
        assert "certificate" in wait_for(server, broadcast, "retrying")["error"]
