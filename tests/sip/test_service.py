"""Incoming calls through a phone's socket, the edge, a worker, the leg and a port of the engine."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from mixminus.mixer.events import DigitReceived
from mixminus.model.call import HangupReason
from mixminus.sip.config import SipConfig
from tests.native.test_inband import press, silence
from tests.support.phone import RtpPhone
from tests.support.sip_backend import Backend, end_of, open_backend
from tests.support.sip_phone import Phone, sdp
from tests.support.tones import tone
from tests.support.waiting import pace, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

SDES = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/SAVP 0\r\n"
    "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def phone(backend: Backend) -> AsyncIterator[Phone]:
    opened = await Phone.open(backend.endpoint.port)
    yield opened
    await opened.close()


def answered_port(body: str) -> int:
    match = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    assert match
    return int(match[1])


async def test_call_rings_is_answered_with_the_ports_address_and_ends(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000")
    call.invite(sdp())
    await call.provisional(180)
    answer = await call.final()
    assert answer.status_code == 200
    assert answered_port(answer.body) == backend.port.local_port
    assert (backend.receiver.destinations[-1].target, backend.receiver.sources[-1].target) == (
        "1000",
        "ada@127.0.0.1",
    )
    assert backend.receiver.sources[-1].target_name == "Ada"
    call.ack()
    assert (await call.hang_up()).status_code == 200
    assert await end_of(backend.leg) == (HangupReason.NORMAL, True)


@pytest.mark.parametrize(("formats", "digits"), [("0", ["5"]), ("0 101", [])])
async def test_inband_tones_are_digits_for_phones_without_telephone_event(
    backend: Backend, phone: Phone, formats: str, digits: list[str]
) -> None:
    call = phone.call("1000")
    with RtpPhone() as media:
        answer = await call.establish(sdp(port=media.address[1], formats=formats))
        backend.engine.events()
        sound = np.concatenate([silence(100), press("5", 200), silence(400)])
        for frame in sound.reshape(-1, 160):
            media.send(answered_port(answer.body), frame)
            await pace(0.02)
        heard: list[str] = []

        def all_heard() -> bool:
            heard.extend(each.digit for each in backend.engine.events() if isinstance(each, DigitReceived))
            received = backend.port.statistics().counters["rtp_received"]
            return received >= len(sound) // 160 and len(heard) >= len(digits)

        await until(all_heard)
        assert heard == digits
    await call.hang_up()


async def test_call_that_waits_gets_100_once(backend: Backend, phone: Phone) -> None:
    call = phone.call("wait")
    call.invite(sdp())
    assert (await call.next()).status_code == 100
    await backend.leg.ring()
    assert (await call.next()).status_code == 180
    await backend.leg.hang_up()
    assert (await call.final()).status_code == 480
    call.ack_refusal()


async def test_leg_hang_up_sends_bye(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000")
    await call.establish()
    await backend.leg.hang_up()
    bye = await call.asked("BYE")
    call.reply(bye, 200)
    assert await end_of(backend.leg) == (HangupReason.NORMAL, False)
    await backend.leg.hang_up()


async def test_late_offer_is_answered_in_the_ack(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000")
    call.invite()
    answer = await call.final()
    assert "opus/48000/2" in answer.body
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        media.bind(("127.0.0.1", 0))
        media.setblocking(False)
        bridge = backend.engine.open_bridge()
        backend.leg.port.join(bridge)
        call.ack(sdp(port=media.getsockname()[1], formats="8 101"))
        packet = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(media, 2048), 10)
        assert packet[1] & 0x7F == 8
        bridge.close()
    await call.hang_up()


@pytest.mark.parametrize(("fmtp", "stereo"), [("stereo=1", True), ("stereo=0", False)])
async def test_opus_channels_follow_the_phones_stereo_parameter(
    backend: Backend, phone: Phone, fmtp: str, stereo: bool
) -> None:
    call = phone.call("1000")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        media.bind(("127.0.0.1", 0))
        media.setblocking(False)
        offer = sdp(port=media.getsockname()[1], formats="107")
        await call.establish(f"{offer}a=rtpmap:107 opus/48000/2\r\na=fmtp:107 {fmtp}\r\n")
        with backend.engine.open_bridge() as bridge, bridge.open_playout(48_000) as playout:
            backend.leg.port.join(bridge)
            playout.write(tone(440, 1.0))
            packet = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(media, 2048), 10)
    toc = packet[12]  # RFC 6716 section 3.1: five bits of configuration, then s
    assert (packet[1] & 0x7F, bool(toc & 0x04)) == (107, stereo)
    await call.hang_up()


async def test_unusable_late_answer_ends_the_call(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000")
    call.invite()
    await call.final()
    call.ack(sdp(formats="18"))
    call.reply(await call.asked("BYE"), 200)
    assert await end_of(backend.leg) == (HangupReason.FAILED, False)


async def test_hold_stops_the_audio_and_resume_starts_it(backend: Backend, phone: Phone) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        media.bind(("127.0.0.1", 0))
        media.setblocking(False)
        port = media.getsockname()[1]
        call = phone.call("1000")
        await call.establish(sdp(port=port))
        bridge = backend.engine.open_bridge()
        backend.leg.port.join(bridge)
        loop = asyncio.get_running_loop()
        await asyncio.wait_for(loop.sock_recv(media, 2048), 10)
        call.invite(sdp(port=port, direction="sendonly", version=2))
        held = await call.final()
        call.ack()
        assert "a=recvonly" in held.body
        await _silence(media)
        call.invite(sdp(port=port, version=3))
        resumed = await call.final()
        call.ack()
        assert "a=sendrecv" in resumed.body
        await asyncio.wait_for(loop.sock_recv(media, 2048), 10)
        bridge.close()
    await call.hang_up()


async def _silence(media: socket.socket) -> None:
    """Return when no packet has come for five packets' time."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(10):
        while True:
            try:
                await asyncio.wait_for(loop.sock_recv(media, 2048), 0.1)
            except TimeoutError:
                return


async def test_update_can_hold_a_call(phone: Phone) -> None:
    call = phone.call("1000")
    await call.establish()
    call.request("UPDATE", sdp(direction="inactive", version=2))
    held = await call.final()
    assert (held.status_code, "a=inactive" in held.body) == (200, True)
    await call.hang_up()


async def test_unacceptable_reoffer_leaves_the_call_unchanged(phone: Phone) -> None:
    call = phone.call("1000")
    await call.establish()
    for method in ("INVITE", "UPDATE"):
        if method == "INVITE":
            call.invite(sdp(formats="18", version=2))
        else:
            call.request("UPDATE", sdp(formats="18", version=2))
        refusal = await call.final()
        assert refusal.status_code == 488
        if method == "INVITE":
            call.ack_refusal()
    call.invite(sdp(version=3))
    assert (await call.final()).status_code == 200
    call.ack()
    assert (await call.hang_up()).status_code == 200


async def test_late_offer_within_a_call(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000")
    await call.establish()
    call.invite()
    offer = await call.final()
    assert answered_port(offer.body) == backend.port.local_port
    call.ack(sdp(formats="0", version=2))
    assert (await call.hang_up()).status_code == 200


async def test_cancel_ends_a_ringing_call(backend: Backend, phone: Phone) -> None:
    call = phone.call("ring")
    call.invite(sdp())
    await call.provisional(180)
    call.cancel()
    answers = {
        (message.status_code, message.header("cseq")) for message in [await call.next(), await call.next()]
    }
    assert answers == {(200, f"{call.number} CANCEL"), (487, f"{call.number} INVITE")}
    call.ack_refusal()
    assert await end_of(backend.leg) == (HangupReason.CANCEL, True)


@pytest.mark.parametrize("status_code", [404, 486, 503])
async def test_leg_can_be_rejected(phone: Phone, status_code: int) -> None:
    call = phone.call(str(status_code))
    call.invite(sdp())
    assert (await call.final()).status_code == status_code
    call.ack_refusal()


async def test_hanging_up_a_ringing_leg_refuses_the_call(backend: Backend, phone: Phone) -> None:
    call = phone.call("ring")
    call.invite(sdp())
    await call.provisional(180)
    await backend.leg.hang_up(HangupReason.TIMEOUT)
    assert (await call.final()).status_code == 480
    call.ack_refusal()
    assert await end_of(backend.leg) == (HangupReason.TIMEOUT, False)


@pytest.mark.parametrize(
    ("body", "status_code"),
    [
        pytest.param(sdp(formats="18"), 488, id="no common codec"),
        pytest.param(sdp().replace("RTP/AVP", "RTP/SAVP"), 488, id="no key"),
        pytest.param(sdp().replace("m=audio", "m=video"), 488, id="no audio"),
        pytest.param(sdp().replace("m=audio ", "m=audio x"), 400, id="malformed"),
    ],
)
async def test_offer_without_supported_audio_is_refused(phone: Phone, body: str, status_code: int) -> None:
    call = phone.call("1000")
    call.invite(body)
    assert (await call.final()).status_code == status_code
    call.ack_refusal()


async def test_opus_is_answered_without_support_in_pjsua2(phone: Phone) -> None:
    call = phone.call("1000")
    answer = await call.establish(
        sdp(formats="111").replace("a=rtpmap:0 PCMU/8000", "a=rtpmap:111 opus/48000/2")
    )
    assert "a=rtpmap:111 opus/48000/2" in answer.body
    await call.hang_up()


async def test_srtp_is_answered_with_our_own_key(phone: Phone) -> None:
    call = phone.call("1000")
    answer = await call.establish(SDES)
    assert re.search(r"^m=audio \d+ RTP/SAVP 0\r$", answer.body, re.MULTILINE)
    assert re.search(
        r"^a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:(?!WVNf)\S{40}\r$", answer.body, re.MULTILINE
    )
    await call.hang_up()


@pytest.mark.parametrize("body", ["Signal=5\r\nDuration=160\r\n", "Signal=5", "Signal = 5\n"])
async def test_digits_by_info_become_engine_events(backend: Backend, phone: Phone, body: str) -> None:
    call = phone.call("1000")
    await call.establish()
    call.request("INFO", body, Content_Type="application/dtmf-relay")
    assert (await call.final()).status_code == 200
    port_id = backend.leg.port.id

    def digits() -> list[str]:
        received = [event for event in backend.events if isinstance(event, DigitReceived)]
        return [event.digit for event in received if event.port_id == port_id]

    assert await until(digits) == ["5"]
    await call.hang_up()


async def test_session_timer_is_accepted_and_refreshed(phone: Phone) -> None:
    call = phone.call("1000", Supported="timer", Session_Expires="120;refresher=uac")
    answer = await call.establish()
    assert answer.header("session-expires").replace(" ", "") == "120;refresher=uac"
    call.request("UPDATE")
    assert (await call.final()).status_code == 200
    await call.hang_up()


async def test_too_small_session_interval_is_refused(phone: Phone) -> None:
    call = phone.call("1000", Supported="timer", Session_Expires="30")
    call.invite(sdp())
    refusal = await call.final()
    assert (refusal.status_code, refusal.header("min-se")) == (422, "90")
    call.ack_refusal()


async def test_refer_is_not_dialled_by_pjsua2(phone: Phone) -> None:
    call = phone.call("1000")
    await call.establish()
    # The phone's own address: pjsua2 by itself would dial it.
    call.request("REFER", Refer_To=f"<sip:victim@127.0.0.1:{phone.address[1]}>")
    assert (await call.final()).status_code == 202
    notify = await call.asked("NOTIFY")
    call.reply(notify, 200)
    assert notify.body == "SIP/2.0 603 Decline\r\n"
    await call.hang_up()
    assert phone.invites.empty()


async def test_tcp_connection_carries_both_directions(backend: Backend) -> None:
    phone = await Phone.open(backend.endpoint.port, transport="TCP")
    call = phone.call("1000")
    answer = await call.establish()
    assert ";transport=tcp" in answer.header("contact")
    await backend.leg.hang_up()
    call.reply(await call.asked("BYE"), 200)
    await phone.close()


async def test_tcp_phone_with_a_closed_connection_is_reached_by_a_new_one(backend: Backend) -> None:
    asked: asyncio.Queue[bytes] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.put_nowait(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    phone = await Phone.open(backend.endpoint.port, transport="TCP")
    call = phone.call("1000")
    call.contact = server.sockets[0].getsockname()
    await call.establish()
    await phone.close()
    await backend.leg.hang_up()
    assert (await asyncio.wait_for(asked.get(), 15)).startswith(b"BYE ")
    server.close()


async def test_unreachable_contact_does_not_affect_other_calls(backend: Backend, phone: Phone) -> None:
    call = phone.call("1000", Record_Route="<sip:[2001:db8::1]:5060;lr>")
    call.contact = ("[2001:db8::1]", 5060)
    call.invite(sdp())
    assert (await call.final()).status_code == 200
    await backend.leg.hang_up()
    again = phone.call("1000")
    await again.establish()
    await again.hang_up()


async def test_reliable_provisional_response_is_acknowledged(phone: Phone) -> None:
    call = phone.call("1000", Require="100rel")
    call.invite(sdp())
    ringing = await call.provisional(180)
    invite = call.number
    call.to, call.uri = ringing.header("to"), ringing.header("contact").strip("<>")
    call.request("PRACK", RAck=f"{ringing.header('rseq')} {invite} INVITE")
    finals = {
        (message.header("cseq"), message.status_code) for message in [await call.next(), await call.next()]
    }
    assert finals == {(f"{invite} INVITE", 200), (f"{call.number} PRACK", 200)}
    await call.hang_up()


async def test_options_is_answered_by_the_edge(phone: Phone) -> None:
    call = phone.call("1000")
    call.request("OPTIONS")
    answer = await call.final()
    assert (answer.status_code, "INVITE" in answer.header("allow")) == (200, True)
