"""A re-INVITE without an offer on an encrypted call: what is agreed is offered, and the audio never stops."""

import base64
import re
from collections.abc import AsyncIterator

import pylibsrtp
import pytest
import pytest_asyncio

from mixminus.sip.config import SipConfig
from tests.support.phone import RtpPacket, RtpPhone
from tests.support.sip_backend import Backend, open_backend
from tests.support.sip_phone import Phone, PhoneCall, sdp
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = base64.b64encode(bytes(range(30))).decode()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def phone(backend: Backend) -> AsyncIterator[Phone]:
    opened = await Phone.open(backend.endpoint.port)
    yield opened
    await opened.close()


class Listener:
    """What a phone receives of an SRTP stream; raises when a packet does not have the agreed key."""

    def __init__(self, media: RtpPhone, answer: str) -> None:
        key = re.search(r"^a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:(\S+)", answer, re.MULTILINE)
        assert key, answer
        self._session = pylibsrtp.Session(
            pylibsrtp.Policy(
                key=base64.b64decode(key[1]),
                ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND,
                srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
            )
        )
        self._media = media
        self.packets: list[RtpPacket] = []

    async def hears(self, count: int) -> None:
        """Wait for so many packets more."""
        goal = len(self.packets) + count

        def enough() -> bool:
            rtp = [raw for raw in self._media.receive_raw() if not 192 <= raw[1] <= 223]
            self.packets += [RtpPacket.parse(self._session.unprotect(raw)) for raw in rtp]
            return len(self.packets) >= goal

        await until(enough)

    def is_one_stream(self) -> bool:
        first = self.packets[0]
        return all(
            (each.ssrc, each.payload_type, each.sequence_number - first.sequence_number & 0xFFFF)
            == (first.ssrc, 0, place)
            and each.timestamp - first.timestamp & 0xFFFFFFFF == 160 * place
            for place, each in enumerate(self.packets)
        )


def secure(media: RtpPhone, *, video: int = 5000, version: int = 1) -> str:
    """Return an offer of SRTP audio, and of video, which is refused."""
    return sdp(port=media.address[1], version=version).replace("RTP/AVP", "RTP/SAVP") + (
        f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n"
        f"m=video {video} RTP/SAVP 99\r\na=rtpmap:99 VP8/90000\r\n"
    )


async def late_offer(call: PhoneCall, media: RtpPhone, listener: Listener, version: int) -> str:
    """Ask for an offer and answer it in the ACK, with time between; return the offer."""
    call.invite()
    offer = await call.final()
    assert offer.status_code == 200, offer.start_line
    await listener.hears(10)
    call.ack(secure(media, video=0, version=version))
    await listener.hears(10)
    return offer.body


async def test_audio_goes_on_under_its_key_while_an_offer_is_asked_for(
    backend: Backend, phone: Phone
) -> None:
    with RtpPhone() as media, backend.engine.open_bridge() as bridge:
        call = phone.call("1000")
        answer = await call.establish(secure(media))
        backend.leg.port.join(bridge)
        listener = Listener(media, answer.body)
        await listener.hears(5)
        for version in (2, 3):
            offer = await late_offer(call, media, listener, version)
            assert re.findall(r"^m=(\w+) (\d+) (\S+) ", offer, re.MULTILINE) == [
                ("audio", str(backend.port.local_port), "RTP/SAVP"),
                ("video", "0", "RTP/SAVP"),
            ]
            assert re.findall("^a=crypto.*", offer, re.MULTILINE) == re.findall(
                "^a=crypto.*", answer.body, re.MULTILINE
            )
            assert "a=sendrecv" in offer
        assert listener.is_one_stream()
        assert (await call.hang_up()).status_code == 200


async def test_audio_of_the_phone_is_received_under_its_key_all_the_time(
    backend: Backend, phone: Phone
) -> None:
    with RtpPhone() as media, backend.engine.open_bridge() as bridge:
        sender = pylibsrtp.Session(
            pylibsrtp.Policy(
                key=base64.b64decode(KEY),
                ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
                srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
            )
        )
        sent = 0

        def send() -> None:
            nonlocal sent
            media.send_raw(backend.port.local_port, sender.protect(media.packet(bytes(160))))
            sent += 1

        call = phone.call("1000")
        listener = Listener(media, (await call.establish(secure(media))).body)
        backend.leg.port.join(bridge)
        send()
        await listener.hears(5)
        call.invite()
        assert (await call.final()).status_code == 200
        send()
        await listener.hears(5)
        send()
        call.ack(secure(media, video=0, version=2))
        await listener.hears(5)
        send()
        await until(lambda: backend.port.statistics().counters["rtp_received"] == sent)
        assert backend.port.statistics().counters["srtp_unauthenticated"] == 0
        assert (await call.hang_up()).status_code == 200
