"""Messages as the field sends them: each through the edge, a worker, and the server, or the repair alone."""

import asyncio
import base64
import re
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mixminus.call.leg import Address, OutgoingLeg, Target
from mixminus.sip.config import SipConfig
from mixminus.sip.leniency import Leniency
from tests.support.called_phone import CalledPhone
from tests.support.sip_backend import PATIENCE_S, Backend, open_backend
from tests.support.sip_phone import Message, Phone, PhoneCall, sdp
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

BASE = sdp()
ISUP = "--b1\r\nContent-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01\x00\x49\r\n"
PIDF = "--b1\r\nContent-Type: application/pidf+xml\r\nContent-ID: <loc@x>\r\n\r\n<presence/>\r\n"
SDP_PART = f"--b1\r\nContent-Type: application/sdp\r\n\r\n{BASE}\r\n"
END = "--b1--\r\n"
MIXED = "multipart/mixed;boundary=b1"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def phone(backend: Backend) -> AsyncIterator[Phone]:
    opened = await Phone.open(backend.endpoint.port)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="module")
async def bob() -> AsyncIterator[CalledPhone]:
    opened = await CalledPhone.open()
    yield opened
    await opened.close()


async def answered(call: PhoneCall, body: str = BASE, **headers: str) -> Message:
    """Send an INVITE, expect a 200 with our audio, and hang up."""
    call.invite(body, **headers)
    answer = await call.final()
    assert answer.status_code == 200, answer.start_line
    assert re.search(r"^m=audio [1-9][0-9]* RTP/AVP (96 9 )?0 ", answer.body, re.MULTILINE), answer.body
    call.ack(BASE if not body else "")
    assert (await call.hang_up()).status_code == 200
    return answer


def counted(backend: Backend, name: Leniency) -> int:
    return backend.endpoint.counters[f"sip_leniencies:{name}"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param(MIXED, SDP_PART + ISUP + END, id="SDP beside ISUP"),
        pytest.param(MIXED, ISUP + SDP_PART + END, id="ISUP first"),
        pytest.param(MIXED, SDP_PART + PIDF + END, id="SDP beside PIDF-LO"),
        pytest.param('multipart/mixed; charset=x; boundary="b1"', PIDF + SDP_PART + END, id="quoted boundary"),
        pytest.param("Multipart/Related;type=\"application/sdp\";boundary=b1", SDP_PART + PIDF + END, id="related"),
        pytest.param(MIXED, "a preamble\r\n" + SDP_PART + END + "an epilogue", id="preamble and epilogue"),
        pytest.param(MIXED, SDP_PART + ISUP, id="unclosed"),
        pytest.param(MIXED, (SDP_PART + ISUP + END).replace("\r\n", "\n"), id="bare line feeds"),
    ],
)  # fmt: skip
async def test_session_description_of_a_multipart_body_is_used(
    backend: Backend, phone: Phone, content_type: str, body: str
) -> None:
    before = counted(backend, Leniency.MULTIPART)
    await answered(phone.call("1000"), body, Content_Type=content_type)
    await until(lambda: counted(backend, Leniency.MULTIPART) > before)


async def test_multipart_body_of_an_ack_answers_our_offer(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000")
    call.invite()
    assert (await call.final()).status_code == 200
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media, backend.engine.open_bridge() as bridge:
        media.bind(("127.0.0.1", 0))
        media.setblocking(False)
        backend.leg.port.join(bridge)
        answer = sdp(port=media.getsockname()[1], formats="8 101")
        call.branch = "z9hG4bKack"
        call.send("ACK", (ISUP + SDP_PART + END).replace(BASE, answer), Content_Type=MIXED)
        packet = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(media, 2048), PATIENCE_S)
        assert packet[1] & 0x7F == 8
    assert (await call.hang_up()).status_code == 200


async def test_unknown_part_is_refused_only_when_it_is_required(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000")
    call.invite(SDP_PART + ISUP.replace("optional", "required") + END, Content_Type=MIXED)
    refusal = await call.final()
    assert refusal.status_code == 415
    assert "multipart/mixed" in refusal.header("accept")
    call.ack_refusal()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BASE.replace("v=0\r\n", "v=0 \r\n"), id="blank after v="),
        pytest.param(BASE.replace("IN IP4 127.0.0.1\r\n", "IN IP4 127.0.0.1 \r\n"), id="blank after o= and c="),
        pytest.param(BASE.replace("AVP 0 101", "AVP 0 101 "), id="blank after m="),
        pytest.param(BASE.replace("sendrecv", "sendrecv "), id="blank after a="),
        pytest.param(BASE.replace("AVP 0 101", "AVP 0  101"), id="two blanks between formats"),
        pytest.param(BASE + "\r\n\r\n", id="blank lines at the end"),
        pytest.param(BASE.replace("t=0 0", "\r\nt=0 0"), id="a blank line inside"),
        pytest.param(BASE.replace("o=phone", "o="), id="empty user"),
        pytest.param(BASE.replace("o=phone", "o=my phone"), id="user with a blank"),
        pytest.param(BASE.replace("c=IN IP4 127.0.0.1", "c=IN IP4 127.0.0.1/127"), id="unicast with TTL"),
        pytest.param(BASE + "m=video 0 RTP/AVP 255\r\n", id="dead video, payload type 255"),
        pytest.param(BASE + "m=video 0 RTP/AVP\r\n", id="dead video without formats"),
        pytest.param(BASE + "m=application 0 *\r\n", id="dead application"),
        pytest.param(BASE + "m=video 0\r\n", id="dead video, port alone"),
        pytest.param(BASE + "m=image 0 udptl\r\n", id="dead image without formats"),
        pytest.param(BASE + "m=video 5000 RTP/AVP\r\n", id="video without formats"),
        pytest.param(BASE + "m=audio 0 RTP/AVP\r\n", id="second audio, dead"),
        pytest.param(BASE.replace("AVP 0 101", "AVP 0 101 255"), id="payload type 255 beside others"),
    ],
)  # fmt: skip
async def test_description_with_one_meaning_is_answered(backend: Backend, phone: Phone, body: str) -> None:
    """In an INVITE, and again in a re-INVITE."""
    call = phone.call("1000")
    call.invite(body)
    first = await call.final()
    call.ack()
    assert first.status_code == 200, first.start_line
    call.invite(body.replace("phone 5 1 ", "phone 5 2 "))
    again = await call.final()
    call.ack()
    for answer in (first, again):
        lines = re.findall(r"^m=(\w+) (\d+) ", answer.body, re.MULTILINE)
        assert len(lines) == body.count("m="), answer.body
        assert [port == "0" for _, port in lines] == [index > 0 for index in range(len(lines))]
    await call.hang_up()


@pytest.mark.parametrize(
    ("user", "dialled"),
    [
        ("#1000", "#1000"),
        ("*21#", "*21#"),
        ("50%off", "50%off"),
        ("a|b^c", "a|b^c"),
        ("J\u00fcrgen", "J\u00fcrgen"),
        ("room[1]", "room[1]"),
        ("+15550100;npdi;rn=+15550199", "+15550100"),
        ("+15550100;phone-context=+1", "+15550100"),
        ("+15550100;ext=12", "+15550100"),
        ("+1-555-0100;isub=3", "+15550100"),
        ("5550100;phone-context=+1", "+15550100"),
        ("5550100;phone-context=example.com", "5550100"),
        ("room;x=1", "room;x=1"),
    ],
)
async def test_user_part_is_what_is_dialled(backend: Backend, phone: Phone, user: str, dialled: str) -> None:
    call = phone.call("1000")
    call.uri = call.target = f"sip:{user}@127.0.0.1:{phone.port};user=phone"
    call.to = f"<{call.uri}>"
    await answered(call)
    assert backend.receiver.destinations[-1].target == dialled


async def test_tel_uri_is_dialled(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000")
    call.uri = call.target = "tel:+1-555-0100;ext=7"
    call.to = "<tel:+1-555-0100>"
    await answered(call)
    assert backend.receiver.destinations[-1].target == "+15550100"


@pytest.mark.parametrize(
    ("sender", "target", "name"),
    [
        ("<sip:+15550123;cpc=ordinary@gw.example>", "+15550123", ""),
        ("<sip:+15550123;otg=trunk7@gw.example;user=phone>", "+15550123", ""),
        ("sip:+15550123;cpc=ordinary@gw.example", "+15550123", ""),
        ("<sip:+15550123;cpc=ordinary;oli=0@gw.example>", "+15550123", ""),
        ("<sip:anonymous;cpc=ordinary@gw.example>", "anonymous@gw.example", ""),
        ("<tel:+15550123;cpc=ordinary>", "+15550123", ""),
        ("Ada (Sales) <sip:ada@gw.example>", "ada@gw.example", "Ada (Sales)"),
        ("J\u00fcrgen <sip:j#1@gw_1.example>", "j#1@gw_1.example", "J\u00fcrgen"),
    ],
)
async def test_caller_is_named_without_parameters(
    backend: Backend, phone: Phone, sender: str, target: str, name: str
) -> None:
    call = phone.call("1000")
    call.from_ = f"{sender};tag=x1"
    await answered(call)
    source = backend.receiver.sources[-1]
    assert (source.target, source.target_name) == (target, name)


async def test_contact_with_a_number_sign_is_reached(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000")
    call.contact_user = "#1000"
    await call.establish()
    await backend.leg.hang_up()
    bye = await call.asked("BYE")
    assert bye.start_line.split()[1].startswith("sip:%231000@")
    call.reply(bye, 200)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"from_": "sip:ada@h;;tag=x1;"}, id="empty parameters"),
        pytest.param({"from_": '"Ada"\r\n <sip:ada@h>\r\n\t;tag=x1'}, id="folded"),
        pytest.param({"from_": "<sip:ada@2001:db8::1>;tag=x1"}, id="IPv6 without brackets"),
        pytest.param({"from_": "<sip:ada@h:>;tag=x1:2/3@4=5[6]"}, id="empty port, odd tag"),
        pytest.param({"to": "<sip:1000@h;>;tag="}, id="empty tag"),
        pytest.param({"contact_user": "ada lovelace#1"}, id="blank and number sign in Contact"),
        pytest.param({"extra": {"garbage without a colon\r\nSubject": "1"}}, id="a line that is no header"),
        pytest.param({"extra": {"m": "<sip:bob@192.0.2.9>"}}, id="two Contacts"),
        pytest.param(
            {"extra": {"Record_Route": ", <sip:ada@127.0.0.1;lr;>,"}}, id="empty elements of a list"
        ),
    ],
)
async def test_headers_with_one_meaning_make_a_call(
    backend: Backend, phone: Phone, headers: dict[str, object]
) -> None:
    call = phone.call("1000")
    for name, value in headers.items():
        setattr(call, name, value)
    await call.establish()
    await backend.leg.hold()
    held = await call.asked("INVITE")
    assert "a=sendonly" in held.body
    assert held.header("to").endswith(call.from_.partition("tag=")[2].rstrip(";"))
    call.reply(held, 488)
    assert (await call.hang_up()).status_code == 200


def dial(backend: Backend, uri: str) -> OutgoingLeg:
    return backend.endpoint.dial(Target(uri), source=Address("sip", "alice"), anonymous=False)


def renamed(message: Message, **changed: str) -> Message:
    headers = [(name, changed.get(name, value)) for name, value in message.headers]
    return Message(message.start_line, headers, message.body)


@pytest.mark.parametrize(
    ("headers", "body", "content_type"),
    [
        pytest.param({"to": '"Bob <sip:bob@x>'}, BASE, "", id="quote not closed in To"),
        pytest.param({"to": "<sip:bob@somewhere.else>"}, BASE, "", id="another To"),
        pytest.param({"to": "Bob (x) <sip:#bob@x>"}, BASE, "", id="characters in To"),
        pytest.param({"from": "<sip:>"}, BASE, "", id="damaged From"),
        pytest.param({"to": "<sip:bob@h>;tag=a@b=c:d/e[f]"}, BASE, "", id="characters in the tag"),
        pytest.param({}, BASE.replace("AVP 0 101", "AVP 0  101 "), "", id="blanks in the media line"),
        pytest.param({}, BASE.replace("o=phone", "o="), "", id="empty user in the origin"),
        pytest.param({}, BASE + "m=video 0 RTP/AVP\r\n", "", id="dead media line"),
        pytest.param({}, SDP_PART + ISUP + END, MIXED, id="multipart"),
        pytest.param({}, ISUP + SDP_PART + END, 'multipart/mixed;boundary="b1"', id="multipart, ISUP first"),
    ],
)
async def test_odd_answer_to_our_call_is_a_call(
    backend: Backend, bob: CalledPhone, headers: dict[str, str], body: str, content_type: str
) -> None:
    leg = dial(backend, bob.uri)
    invite = await bob.asked("INVITE")
    more = (f"Content-Type: {content_type}",) if content_type else ()
    bob.reply(renamed(invite, **headers), 200, *more, body=body)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await bob.asked("ACK")
    await leg.hang_up()
    bye = await bob.asked("BYE")
    assert bye.header("to").endswith(headers.get("to", "").partition(";tag=")[2])
    bob.reply(bye, 200)
    await asyncio.wait_for(leg.ended(), PATIENCE_S)


async def test_contact_of_an_answer_that_is_none_is_replaced(backend: Backend, bob: CalledPhone) -> None:
    leg = dial(backend, bob.uri)
    bob.reply(await bob.asked("INVITE"), 200, "Contact: <nowhere>", body=BASE)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await bob.asked("ACK")
    await leg.hang_up()
    bob.reply(await bob.asked("BYE"), 200)
    await asyncio.wait_for(leg.ended(), PATIENCE_S)
    await until(lambda: counted(backend, Leniency.CONTACT_UNREADABLE) > 0)


SECURE = BASE.replace("RTP/AVP 0 101", "RTP/SAVP 8 0 98").replace(":101", ":98") + (
    "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
    "m=video 5000 RTP/SAVP 99\r\na=rtpmap:99 VP8/90000\r\n"
)


async def test_offer_that_a_phone_asks_for_is_what_is_agreed(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000")
    answer = await call.establish(SECURE)

    def media(body: str) -> list[str]:
        return [line for line in body.split("\r\n") if not line.startswith("o=")]

    call.invite()
    offer = await call.final()
    assert offer.status_code == 200
    assert media(offer.body) == media(answer.body)
    call.ack(SECURE.replace("m=video 5000", "m=video 0"))
    # Answered after the ACK: a hold is refused while that is on its way.
    call.request("UPDATE")
    assert (await call.final()).status_code == 200
    await backend.leg.hold()
    held = await call.asked("INVITE")
    assert "a=sendonly" in held.body
    copied = "\r\n".join(
        f"{name}: {value}"
        for name, value in held.headers
        if name in ("via", "from", "to", "call-id", "cseq", "record-route")
    )
    body = SECURE.replace("m=video 5000", "m=video 0").replace("sendrecv", "recvonly")
    phone.send(
        f"SIP/2.0 200 OK\r\n{copied}\r\nContact: <sip:ada@127.0.0.1:{phone.address[1]}>\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    await call.asked("ACK")
    call.invite()
    again = await call.final()
    assert media(again.body) == media(held.body)
    call.ack(body)
    await call.hang_up()


KEY_30 = base64.b64encode(bytes(range(30))).decode()
KEY_46 = base64.b64encode(bytes(range(46))).decode()


@pytest.mark.parametrize(
    ("line", "trailer"),
    [
        pytest.param(f"AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|2^31|1:1", 1 + 10, id="lifetime and MKI"),
        pytest.param(f"AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|1:4", 4 + 10, id="MKI without lifetime"),
        pytest.param(f"AES_CM_128_HMAC_SHA1_32 inline:{KEY_30}", 4, id="32 bits of authentication"),
        pytest.param(f"AES_256_CM_HMAC_SHA1_80 inline:{KEY_46}|2^48", 10, id="AES-256"),
        pytest.param(f"AES_256_CM_HMAC_SHA1_32 inline:{KEY_46}|7:2", 2 + 4, id="AES-256, 32 bits, MKI"),
    ],
)
async def test_every_common_suite_is_answered_and_used(
    backend: Backend, phone: Phone, line: str, trailer: int
) -> None:
    call = phone.call("1000")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media, backend.engine.open_bridge() as bridge:
        media.bind(("127.0.0.1", 0))
        media.setblocking(False)
        offer = sdp(port=media.getsockname()[1]).replace("RTP/AVP", "RTP/SAVP")
        answer = await call.establish(f"{offer}a=crypto:1 {line}\r\n")
        assert f"a=crypto:1 {line.split(maxsplit=1)[0]} inline:" in answer.body
        backend.leg.port.join(bridge)
        packet = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(media, 2048), PATIENCE_S)
    assert len(packet) == 12 + 160 + trailer
    if mki := re.search(r"\|([0-9]+):([0-9]+)\Z", line):
        size = int(mki[2])
        tag = trailer - size
        assert packet[-trailer:-tag] == int(mki[1]).to_bytes(size, "big")
    assert (await call.hang_up()).status_code == 200
