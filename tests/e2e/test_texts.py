"""Chat of a room on the displays of softphones, and what is typed on them in the room (RFC 3428)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.logins import PASSWORD, domain_of, extension
from tests.support.linphone import Linphone
from tests.support.server import Server, checked_server
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.waiting import eventually


def say(server: Server, room: str, text: str) -> None:
    sent = server.call("POST", f"/conferences/{room}/messages", {"text": text, "sender_name": "Host"})
    assert sent.status == 200, sent.body


def last_message(server: Server, room: str, text: str) -> dict[str, Any]:
    """Wait until the newest message of a room has this text."""

    def found() -> dict[str, Any] | None:
        newest: list[dict[str, Any]] = server.call("GET", f"/conferences/{room}/messages").json["result"]
        return newest[0] if newest and newest[0]["text"] == text else None

    return eventually(found, what=f"the message {text!r}")


@pytest.fixture(scope="module")
def texts_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server at SIP's own port: Linphone sends what is typed there, whatever port its call has."""
    with checked_server(tmp_path_factory.mktemp("server"), MIXMINUS_SIP_PORT="5060") as running:
        yield running


@pytest.fixture
def softphone(tmp_path: Path) -> Iterator[Linphone]:
    microphone = write_wav(tmp_path / "microphone.wav", tone(TONES_HZ[0], 60))
    with Linphone(tmp_path / "linphone", microphone) as made:
        yield made


def test_phones_show_messages_and_one_writes_some(
    texts_server: Server, softphone: Linphone, phone: Ring
) -> None:
    room = texts_server.new_room()
    made = extension(texts_server, "3161")
    softphone.register(
        f"sip:3161@{domain_of(made)}", f"sip:{texts_server.host}:{texts_server.sip_port}", PASSWORD
    )
    softphone.dial(texts_server.sip_uri(room))
    (participant,) = texts_server.wait_for_participants(room, 1)
    baresip = phone(TONES_HZ[1], shows_texts=True)
    baresip.dial(texts_server.sip_uri(room))
    texts_server.wait_for_participants(room, 2)
    say(texts_server, room, "Grüße an alle")
    softphone.wait_for_log(": Host: Grüße an alle", what="Linphone shows the message")
    baresip.wait_for_log(': "Host: Grüße an alle"', what="baresip shows the message")
    softphone.command(f"chat {texts_server.sip_uri(room)} Typed on Linphone")
    message = last_message(texts_server, room, "Typed on Linphone")
    assert message["sender_id"] == participant
    baresip.wait_for_log("Typed on Linphone", what="baresip shows what was typed on Linphone")
    assert "Typed on Linphone" not in softphone.log.partition("Message received")[2]


def test_phone_that_has_not_authenticated_itself_writes_nothing_by_udp(
    texts_server: Server, softphone: Linphone
) -> None:
    room = texts_server.new_room()
    softphone.dial(texts_server.sip_uri(room))
    texts_server.wait_for_participants(room, 1)
    refused = "mixminus_sip_edge_texts_refused_total"
    before = texts_server.metrics().get(refused, 0)
    softphone.command(f"chat {texts_server.sip_uri(room)} Who am I?")
    eventually(lambda: texts_server.metrics().get(refused, 0) > before, what="the text is refused")
    assert texts_server.call("GET", f"/conferences/{room}/messages").json["result"] == []
