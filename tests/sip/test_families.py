"""IPv6 beside IPv4: each peer sees the address of its own family, in SIP and in SDP."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixminus.app.local_authority import LocalAuthority
from mixminus.call.leg import Address, Target
from mixminus.model.call import HangupReason
from mixminus.model.media import Codec
from mixminus.sip.config import SipConfig
from mixminus.sip.sdp import dtls
from mixminus.sip.sdp.description import parse, render
from mixminus.sip.sdp.negotiation import LocalEnd, make_answer, make_offer
from tests.sip.test_sdp_dtls import LOCAL as DTLS_LOCAL
from tests.support.called_phone import CalledPhone
from tests.support.hosts import bracketed
from tests.support.sip_backend import Backend, end_of, open_backend
from tests.support.sip_phone import Phone, sdp
from tests.support.sip_tls import client_context, local_authority, tls_config
from tests.support.websocket_phone import WebSocketPhone

HOSTS = ("127.0.0.1", "::1")
BOTH = LocalEnd("192.0.2.1", 41_000, 7, (Codec.PCMU,), other_host="2001:db8::1")


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    return local_authority(tmp_path / "tls", *HOSTS)


@pytest.fixture
def tls(authority: LocalAuthority) -> ssl.SSLContext:
    return client_context(authority)


@pytest.fixture
async def backend(authority: LocalAuthority) -> AsyncIterator[Backend]:
    config = tls_config(authority, hosts=HOSTS, tls_port=0, wss_port=0, tls_trusted=str(authority.root))
    async with open_backend(config, rtp_host="::") as opened:
        yield opened


async def open_phone(backend: Backend, host: str, transport: str, tls: ssl.SSLContext) -> Phone:
    endpoint = backend.endpoint
    if transport == "WSS":
        return await WebSocketPhone.connect(endpoint.wss_port, tls, host=host)
    port = endpoint.tls_port if transport == "TLS" else endpoint.port
    context = tls if transport == "TLS" else None
    return await Phone.open(port, host=host, source=host, transport=transport, tls=context)


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS", "WSS"])
@pytest.mark.parametrize("host", HOSTS)
async def test_phone_of_either_family_calls_and_is_hung_up(
    backend: Backend, tls: ssl.SSLContext, host: str, transport: str
) -> None:
    phone = await open_phone(backend, host, transport, tls)
    call = phone.call("1000")
    answer = await call.establish(sdp(host=host))
    address = bracketed(host)
    assert f"@{address}:{phone.port}" in answer.header("contact")
    description = parse(answer.body)
    assert description.host == host
    assert f"o=mixminus {description.origin.session_id} {description.origin.version} IN " in answer.body
    await backend.leg.hang_up()
    request = await call.asked("BYE")
    assert f" {address}:" in request.header("via")
    call.reply(request, 200)
    assert await end_of(backend.leg) == (HangupReason.NORMAL, False)


async def test_received_has_no_brackets_and_names_the_source(backend: Backend) -> None:
    phone = await Phone.open(backend.endpoint.port, host="::1", source="::1")
    call = phone.call("1000")
    phone.address = ("2001:db8::77", 5070)
    call.invite(sdp(host="::1"))
    answer = await call.final()
    assert "[2001:db8::77]:5070" in answer.header("via")
    assert ";received=::1" in answer.header("via")


@pytest.mark.parametrize(("signalling", "media"), [("127.0.0.1", "2001:db8::7"), ("::1", "192.0.2.7")])
async def test_an_answer_has_the_family_of_the_offer_whatever_the_signalling(
    backend: Backend, signalling: str, media: str
) -> None:
    phone = await Phone.open(backend.endpoint.port, host=signalling, source=signalling)
    answer = await phone.call("1000").establish(sdp(host=media))
    assert (":" in parse(answer.body).host) == (":" in media)


@pytest.mark.parametrize("host", HOSTS)
async def test_without_an_offer_we_offer_the_family_of_the_signalling(backend: Backend, host: str) -> None:
    phone = await Phone.open(backend.endpoint.port, host=host, source=host)
    call = phone.call("1000")
    call.invite()
    answer = await call.final()
    assert parse(answer.body).host == host
    call.ack(sdp(host=host))


async def test_a_phone_that_moves_to_the_other_family_gets_its_answer_there(backend: Backend) -> None:
    phone = await Phone.open(backend.endpoint.port, host="::1", source="::1")
    call = phone.call("1000")
    assert parse((await call.establish(sdp(host="::1"))).body).host == "::1"
    call.invite(sdp(host="127.0.0.1", version=2))
    moved = await call.final()
    call.ack()
    assert (moved.status_code, parse(moved.body).host) == (200, "127.0.0.1")
    call.invite(sdp(host="0.0.0.0", version=3))
    held = await call.final()
    call.ack()
    assert parse(held.body).host == "127.0.0.1"


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
@pytest.mark.parametrize("host", HOSTS)
async def test_a_call_to_a_phone_offers_the_phones_family(
    backend: Backend, host: str, transport: str
) -> None:
    phone = await CalledPhone.open(transport, host=host)
    try:
        leg = backend.endpoint.dial(Target(phone.uri), source=Address("tel", "+1"), anonymous=False)
        invite = await phone.asked("INVITE")
        assert parse(invite.body).host == host
        address = bracketed(host)
        assert f" {address}:" in invite.header("via")
        assert f"@{address}:" in invite.header("contact")
        await leg.hang_up()
    finally:
        await phone.close()


async def test_a_phone_of_a_family_that_we_do_not_have_is_not_called() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4)) as backend:
        leg = backend.endpoint.dial(
            Target("sip:bob@[2001:db8::1]"), source=Address("tel", "+1"), anonymous=False
        )
        assert await end_of(leg) == (HangupReason.FAILED, True)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("198.51.100.1", "192.0.2.1"), ("2001:db8::9", "2001:db8::1"), ("phone.example", "192.0.2.1")],
)
def test_our_answer_has_their_family(theirs: str, ours: str) -> None:
    answer = make_answer(BOTH, parse(sdp(host=theirs)))
    assert answer.host == answer.origin.host == ours
    assert f"c=IN IP{6 if ':' in ours else 4} {ours}\r\n" in render(answer)


def test_an_answer_has_the_family_of_the_medium_and_not_of_the_session() -> None:
    offer = sdp(host="192.0.2.7").replace("a=sendrecv", "c=IN IP6 2001:db8::7\r\na=sendrecv")
    assert make_answer(BOTH, parse(offer)).host == "2001:db8::1"


def test_hold_by_an_unspecified_address_keeps_our_address() -> None:
    first = make_answer(BOTH, parse(sdp(host="2001:db8::7")))
    for nowhere in ("0.0.0.0", "::"):
        assert make_answer(BOTH, parse(sdp(host=nowhere, version=2)), first).host == "2001:db8::1"


def test_with_ice_both_addresses_are_candidates_and_that_of_the_offer_is_preferred() -> None:
    local = LocalEnd(
        "192.0.2.1", 41_000, 7, DTLS_LOCAL.codecs, dtls=DTLS_LOCAL.dtls, other_host="2001:db8::1"
    ).facing("2001:db8::9")
    (media,) = make_offer(local).media
    fields = [value.split() for value in media.values("candidate")]
    assert [each[4] for each in fields] == ["2001:db8::1", "192.0.2.1"]
    assert int(fields[0][3]) > int(fields[1][3])
    assert len({each[0] for each in fields}) == 2
    assert dtls.is_offered(parse(render(make_offer(local))))
