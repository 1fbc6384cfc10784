"""Independent phones (PJSUA2) transfer calls: blind, attended through us, and attended among themselves."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, newest, wait_to_hear
from tests.e2e.logins import PASSWORD, extension
from tests.support.baresip import Baresip
from tests.support.calling import action
from tests.support.named import number
from tests.support.pjsua_phone import PjsuaPhone
from tests.support.server import Server, checked_server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

LISTENER_HZ, FIRST_HZ, SECOND_HZ, THIRD_HZ = TONES_HZ[1:5]

Handset = Callable[..., PjsuaPhone]
_ports = count(17000, 2)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that is not on port 5060: phones refer others to the address in From, which names its port."""
    with checked_server(tmp_path_factory.mktemp("server")) as running:
        assert running.sip_port != 5060
        yield running


@pytest.fixture
def handset(tmp_path: Path) -> Iterator[Handset]:
    """Make a phone with a tone; with a server and a name it registers as that extension."""
    phones: list[PjsuaPhone] = []

    def make(tone_hz: float, server: Server | None = None, name: str = "") -> PjsuaPhone:
        login = None
        if server:
            made = extension(server, name)
            login = (server.host, made["username"], PASSWORD)
        port = next(_ports)
        phones.append(PjsuaPhone(tmp_path / f"handset{port}", tone_hz, port=port, login=login))
        if server:
            phones[-1].register(f"sip:{server.host}:{server.sip_port}")
        return phones[-1]

    yield make
    for each in phones:
        each.close()


def is_over(phone: PjsuaPhone, call: int) -> None:
    eventually(lambda: phone.calls()[call].startswith("DISCON"), what=f"call {call} of {phone.uri} is over")


def connected(phone: PjsuaPhone) -> int:
    """Wait until the newest call of a phone is answered; return its number."""
    call = max(phone.calls())
    phone.wait_for(call, "CONFIRMED")
    return call


def assert_they_talk(listener: Baresip, colleague: PjsuaPhone, call: int) -> None:
    """Assert that both hear each other now, whomever they heard before."""
    wait_to_hear(listener, SECOND_HZ)
    play_for(1)  # the other direction may have begun later
    assert_hears(newest(listener.ear(), 1.5), (SECOND_HZ,), LISTENER_HZ)
    assert_hears(newest(colleague.ear(call), 1.5), (LISTENER_HZ,), SECOND_HZ)


def incoming_to(phone: PjsuaPhone) -> None:
    eventually(phone.calls, what="the phone is called")


def test_call_with_us_is_taken_over_by_another_phone(server: Server, phone: Ring, handset: Handset) -> None:
    """The secretary calls the room and a colleague, and connects both: the colleague sends INVITE with Replaces."""
    room = server.new_room()
    listener = phone(LISTENER_HZ)
    listener.dial(server.sip_uri(room))
    secretary, colleague = handset(FIRST_HZ), handset(SECOND_HZ)
    with_room = secretary.dial(server.sip_uri(room))
    _, replaced = server.wait_for_participants(room, 2)
    with_colleague = secretary.dial(colleague.uri)
    secretary.transfer_to(with_colleague, with_room)
    is_over(secretary, with_room)
    eventually(
        lambda: server.call("GET", f"/conferencecalls/{replaced}").json["status"] == "leaved",
        what="the secretary has left the room",
    )
    server.wait_for_participants(room, 2)
    assert secretary.progress()[-1] == 200
    colleague_call = connected(colleague)
    assert_they_talk(listener, colleague, colleague_call)
    colleague.hang_up(colleague_call)
    server.wait_for_participants(room, 1)


def test_party_of_connect_is_replaced(server: Server, phone: Ring, handset: Handset) -> None:
    """A caller is connected to the secretary by a flow, who passes it on to a colleague."""
    secretary, colleague = handset(FIRST_HZ), handset(SECOND_HZ)
    to = {"type": "sip", "target": secretary.uri}
    number(server, "7201", action("connect", destinations=[to]))
    caller = phone(LISTENER_HZ)
    caller.dial(server.sip_uri("7201"))
    secretary.wait_for(0, "CONFIRMED")
    with_colleague = secretary.dial(colleague.uri)
    secretary.transfer_to(with_colleague, 0)
    is_over(secretary, 0)
    colleague_call = connected(colleague)
    assert_they_talk(caller, colleague, colleague_call)
    assert not caller.ended
    colleague.hang_up(colleague_call)
    eventually(lambda: caller.ended, what="the caller is hung up with the colleague")


def test_we_are_referred_to_a_call_between_phones(server: Server, phone: Ring, handset: Handset) -> None:
    """The secretary refers us to the colleague, whom it has asked directly: we send INVITE with Replaces."""
    room = server.new_room()
    listener = phone(LISTENER_HZ)
    listener.dial(server.sip_uri(room))
    secretary, colleague = handset(FIRST_HZ, server, "5201"), handset(SECOND_HZ)
    with_room = secretary.dial(server.sip_uri(room))
    server.wait_for_participants(room, 2)
    with_colleague = secretary.dial(colleague.uri)
    secretary.transfer_to(with_room, with_colleague)
    is_over(secretary, with_room)
    is_over(secretary, with_colleague)
    assert secretary.progress()[-1] == 200
    server.wait_for_participants(room, 2)
    assert_they_talk(listener, colleague, connected(colleague))


def test_two_calls_through_us_are_connected(server: Server, phone: Ring, handset: Handset) -> None:
    """Both calls of the secretary are with us: one in a room, one connected to the colleague by a flow."""
    room = server.new_room()
    listener = phone(LISTENER_HZ)
    listener.dial(server.sip_uri(room))
    secretary, colleague = handset(FIRST_HZ), handset(SECOND_HZ)
    to = {"type": "sip", "target": colleague.uri}
    number(server, "7202", action("connect", destinations=[to]))
    with_room = secretary.dial(server.sip_uri(room))
    server.wait_for_participants(room, 2)
    with_colleague = secretary.dial(server.sip_uri("7202"))
    incoming_to(colleague)
    colleague.wait_for(0, "CONFIRMED")
    play_for(0.5)
    secretary.transfer_to(with_room, with_colleague)
    is_over(secretary, with_room)
    is_over(secretary, with_colleague)
    server.wait_for_participants(room, 2)
    assert_they_talk(listener, colleague, 0)


def test_blind_transfer_to_another_phone(server: Server, phone: Ring, handset: Handset) -> None:
    room = server.new_room()
    listener = phone(LISTENER_HZ)
    listener.dial(server.sip_uri(room))
    secretary, colleague = handset(FIRST_HZ, server, "5202"), handset(SECOND_HZ)
    with_room = secretary.dial(server.sip_uri(room))
    server.wait_for_participants(room, 2)
    secretary.transfer(with_room, colleague.uri)
    is_over(secretary, with_room)
    assert secretary.progress()[0] == 100
    assert secretary.progress()[-1] == 200
    server.wait_for_participants(room, 2)
    assert_they_talk(listener, colleague, 0)
