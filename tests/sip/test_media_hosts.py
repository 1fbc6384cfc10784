"""Hosts that signalling names: which they are, when the server learns of others, and what they keep from attackers."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from mixminus.call.leg import Address, Target
from mixminus.sip.config import SipConfig
from mixminus.sip.edge.addressing import ToServer
from mixminus.sip.edge.media_hosts import media_hosts
from mixminus.sip.edge.message import Request, parse
from mixminus.sip.internal_headers import CallerHeader, Flow
from mixminus.sip.media_hosts import opens_to_any_host
from mixminus.sip.messages import MediaHostsNamed
from tests.sip.test_edge_dialogs import TAG, confirmed
from tests.sip.test_edge_router import forwarded, open_router, request
from tests.support.called_phone import CalledPhone
from tests.support.phone import RtpPhone
from tests.support.sip_backend import PATIENCE_S, Backend, open_backend
from tests.support.sip_phone import sdp
from tests.support.waiting import until

NAT, PROXY, PRIVATE = "203.0.113.9", "198.51.100.77", "192.168.1.5"


def invite(vias: list[str], contact: str) -> Request:
    lines = [f"Via: SIP/2.0/UDP {via}" for via in vias]
    text = "\r\n".join(["INVITE sip:1000@198.51.100.1 SIP/2.0", *lines, f"Contact: {contact}", "", ""])
    message = parse(text.encode("utf-8", "surrogateescape"))
    assert isinstance(message, Request)
    return message


@pytest.mark.parametrize(
    ("vias", "contact", "hosts"),
    [
        pytest.param([f"{NAT};branch=z9hG4bKa"], f"<sip:a@{NAT}>", (NAT,), id="phone without NAT"),
        pytest.param(
            [f"{PROXY};branch=z9hG4bKb", f"{PRIVATE};received={NAT};branch=z9hG4bKa"],
            f"<sip:a@{PRIVATE}>",
            (PROXY, NAT, PRIVATE),
            id="the proxy has noted the NAT's address",
        ),
        pytest.param(
            [f"{PROXY};branch=z9hG4bKb", "phone.invalid;branch=z9hG4bKa"],
            f"<sip:a@{NAT}:5062>",
            (PROXY, NAT),
            id="the proxy has put the NAT's address into Contact",
        ),
        pytest.param([f"10.0.0.{n};branch=z9hG4bK{n}" for n in range(9)], "<sip:x>", 4, id="four at most"),
        pytest.param(
            ["a;received=fe80::1%\udcff;branch=z9hG4bKa", "a;received=fe80::1%eth0;branch=z9hG4bKb"],
            "<sip:x>",
            (PROXY,),
            id="zones, which are any bytes",
        ),
        pytest.param(["[2001:db8::1]:5060;branch=z9hG4bKa"], "*", (PROXY, "2001:db8::1"), id="IPv6"),
    ],
)
def test_an_invite_names_hosts(vias: list[str], contact: str, hosts: tuple[str, ...] | int) -> None:
    named = media_hosts(invite(vias, contact), NAT if hosts == (NAT,) else PROXY)
    assert (len(named) if isinstance(hosts, int) else named) == hosts


@pytest.mark.parametrize("hosts", [(), (NAT,), (PROXY, NAT, "2001:db8::1")])
def test_hosts_pass_the_worker_in_a_header(hosts: tuple[str, ...]) -> None:
    header = CallerHeader("", PROXY, media_hosts=hosts)
    assert CallerHeader.find(f"INVITE x\r\nX-MixMinus-Caller: {header.render()}\r\n\r\n") == header


@pytest.mark.parametrize(
    ("remote", "hosts", "opens"),
    [
        pytest.param((PRIVATE, 4000), (PROXY,), True, id="behind NAT and proxy"),
        pytest.param((PRIVATE, 4000), (PROXY, PRIVATE), True, id="Contact is as private as SDP"),
        pytest.param(("100.64.1.1", 4000), (PROXY,), True, id="carrier's NAT"),
        pytest.param((PRIVATE, 4000), ("10.0.0.1",), False, id="private network that we can reach"),
        pytest.param((PRIVATE, 4000), (PRIVATE,), False, id="phone in our own network"),
        pytest.param((NAT, 4000), (PROXY,), False, id="public address"),
        pytest.param((PRIVATE, 4000), (), False, id="signalling not known"),
        pytest.param(None, (PROXY,), False, id="no address"),
    ],
)
def test_only_a_phone_behind_nat_and_proxy_may_come_from_any_host(
    remote: tuple[str, int] | None, hosts: tuple[str, ...], opens: bool
) -> None:
    assert opens_to_any_host(remote, hosts) is opens


def test_the_server_learns_of_a_new_host_by_a_re_invite() -> None:
    router, _ = confirmed()
    moved = Flow("UDP", "192.0.2.99", 5070)
    re_invite = request("INVITE", to_tag=TAG, number=2, branch="z9hG4bK2")
    forwarded(router.from_phone(re_invite, moved, 0.0))
    named = [each.message for each in router.outbox() if isinstance(each, ToServer)]
    assert named == [MediaHostsNamed("call-1", ("192.0.2.99", "192.0.2.7"))]


def test_a_re_invite_with_other_tags_names_no_host() -> None:
    router, _ = confirmed()
    router.from_phone(request("INVITE", to_tag=";tag=guessed", number=2), Flow("UDP", "192.0.2.99", 1), 0.0)
    assert router.outbox() == []


def test_the_first_invite_carries_its_hosts_to_the_worker() -> None:
    router = open_router()
    sent = forwarded(router.from_phone(request("INVITE"), Flow("UDP", "192.0.2.99", 5070), 0.0))
    assert CallerHeader.find(sent.message.decode()).media_hosts == ("192.0.2.99", "192.0.2.7")


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


async def test_an_attacker_cannot_take_the_audio_of_a_silent_dialled_phone(backend: Backend) -> None:
    bob = await CalledPhone.open()
    leg = backend.endpoint.dial(Target(bob.uri), source=Address("sip", "alice@elsewhere"), anonymous=False)
    loop = asyncio.get_running_loop()
    with RtpPhone(ssrc=1) as phone, RtpPhone(ssrc=3, host="127.0.0.2") as attacker:
        bob.reply(await bob.asked("INVITE"), 200, body=sdp(port=phone.address[1]))
        assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
        assert await _packet(loop, phone.socket)
        for _ in range(20):
            attacker.send(leg.port.local_port)
        await until(lambda: backend.engine.counters()["rtp_wrong_source"] == 20)
        assert attacker.receive_raw() == []
        await leg.hang_up()
    await bob.close()


async def _packet(loop: asyncio.AbstractEventLoop, media: socket.socket) -> bytes:
    return await asyncio.wait_for(loop.sock_recv(media, 2048), PATIENCE_S)
