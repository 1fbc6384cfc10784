"""SRTP legs against pylibsrtp: packets with the right key are accepted from any address, others are not."""

import dataclasses
import struct
from collections.abc import Iterator

import pylibsrtp
import pytest

from mixminus.errors import InvalidArgument
from mixminus.mixer import Engine, Port, RemoteChanged, SrtpKeys, SrtpProfile
from tests.support.phone import RtpPacket, RtpPhone, mulaw_decode, mulaw_encode
from tests.support.signals import loudness_at, tone

LOUD = 8000.0
PROFILES = {
    SrtpProfile.AES_CM_128_HMAC_SHA1_80: (pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    SrtpProfile.AEAD_AES_128_GCM: (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    SrtpProfile.AEAD_AES_256_GCM: (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
    SrtpProfile.AES_CM_128_HMAC_SHA1_32: (pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32, 30),
}


class SecurePhone(RtpPhone):
    """An RTP phone with the keys of one leg."""

    def __init__(self, profile: SrtpProfile, *, fill: int = 1) -> None:
        super().__init__()
        policy, size = PROFILES[profile]
        ours, theirs = bytes([fill]) * size, bytes([fill + 1]) * size
        self.keys = SrtpKeys(profile, rx_key=ours, tx_key=theirs)
        self._out = pylibsrtp.Session(
            pylibsrtp.Policy(key=ours, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=policy)
        )
        self._in = pylibsrtp.Session(
            pylibsrtp.Policy(key=theirs, ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND, srtp_profile=policy)
        )

    def send_raw(self, to: int, datagram: bytes) -> None:
        self.send_protected(to, self._out.protect(datagram))

    def send_protected(self, to: int, datagram: bytes) -> None:
        super().send_raw(to, datagram)

    def protected(self, payload: bytes) -> bytes:
        return self._out.protect(self.packet(payload))

    def protected_report(self, report: bytes) -> bytes:
        return self._out.protect_rtcp(report)

    def receive(self) -> list[RtpPacket]:
        rtp = [raw for raw in self.receive_raw() if not 192 <= raw[1] <= 223]
        return [RtpPacket.parse(self._in.unprotect(raw)) for raw in rtp]

    def receive_reports(self) -> list[bytes]:
        """Return all received RTCP, unprotected; raises without the right key."""
        rtcp = [raw for raw in self.receive_raw() if 192 <= raw[1] <= 223]
        return [self._in.unprotect_rtcp(raw) for raw in rtcp]


@pytest.fixture
def phone() -> Iterator[SecurePhone]:
    with SecurePhone(SrtpProfile.AES_CM_128_HMAC_SHA1_80) as phone:
        yield phone


@pytest.fixture
def port(engine: Engine, phone: SecurePhone) -> Port:
    port = engine.open_rtp_port()
    port.configure(phone.media(srtp=phone.keys))
    port.join(engine.open_bridge())
    return port


@pytest.mark.parametrize("turned", ["rx_key", "tx_key"])
def test_a_new_key_of_one_direction_leaves_the_other_going_on(
    engine: Engine, phone: SecurePhone, port: Port, turned: str
) -> None:
    """After 65,536 packets of ours the roll-over counter is 1, and stays so with a new key of the phone's."""
    frame = mulaw_encode(tone(1000, 8000, 160, LOUD))
    for number in range(66_000):
        engine.tick()
        if number % 50 == 0:
            phone.send_raw(port.local_port, phone.packet(frame))
            phone.receive()
    assert len(phone.receive()) > 0
    with SecurePhone(SrtpProfile.AES_CM_128_HMAC_SHA1_80, fill=50) as other:
        new = dataclasses.replace(phone.keys, **{turned: getattr(other.keys, turned)})
    port.configure(phone.media(srtp=new))
    engine.tick(5)
    if turned == "rx_key":
        assert len(phone.receive()) == 5, "our packets go on under their key and counter"
        phone.send_raw(port.local_port, phone.packet(frame))
        engine.tick()
        assert port.statistics().counters["srtp_unauthenticated"] == 1
    else:
        captured = phone.packet(frame)
        before = port.statistics().counters["rtp_received"]
        phone.send_raw(port.local_port, captured)
        engine.tick()
        assert port.statistics().counters["rtp_received"] == before + 1
        with pytest.raises(pylibsrtp.Error):
            phone.receive()


@pytest.mark.parametrize("profile", PROFILES)
def test_both_directions_are_protected(engine: Engine, profile: SrtpProfile) -> None:
    with SecurePhone(profile) as phone, engine.open_bridge() as bridge:
        port, other = engine.open_rtp_port(), engine.open_pcm_port(8000)
        port.configure(phone.media(srtp=phone.keys))
        port.join(bridge)
        other.join(bridge)
        other.write(tone(700, 8000, 16_000, LOUD))
        for frame in tone(400, 8000, 80 * 160, LOUD).reshape(80, 160):
            phone.send(port.local_port, frame)
            engine.tick()
        assert loudness_at(other.read()[-1600:], 400, 8000) == pytest.approx(LOUD, rel=0.03)
        heard = phone.heard()
        assert loudness_at(heard[-1600:], 700, 8000) == pytest.approx(LOUD, rel=0.03)
        assert loudness_at(heard[-1600:], 400, 8000) < 100


@pytest.mark.parametrize("profile", PROFILES)
def test_reports_are_protected_and_plain_reports_are_ignored(engine: Engine, profile: SrtpProfile) -> None:
    """SRTCP (RFC 3711 section 3.4, RFC 7714 section 9)."""
    with SecurePhone(profile) as phone, engine.open_bridge() as bridge:
        port = engine.open_rtp_port()
        port.configure(phone.media(srtp=phone.keys, rtcp_mux=True))
        port.join(bridge)
        for _ in range(300):
            phone.send(port.local_port)
            engine.tick()
        reports = phone.receive_reports()
        assert {report[1] for report in reports} == {200}
        ssrc, last_sr = (struct.unpack_from("!I", reports[-1], at)[0] for at in (4, 10))
        assert struct.unpack_from("!I", reports[-1], 28)[0] == phone.ssrc

        def lost(share_q8: int) -> bytes:
            block = struct.pack("!IIIIII", ssrc, share_q8 << 24, 0, 0, last_sr, 0)
            return struct.pack("!BBHI", 0x81, 201, 7, phone.ssrc) + block

        phone.send_protected(port.local_port, phone.protected_report(lost(64)))
        phone.send_protected(port.local_port, lost(128))
        engine.tick()
        statistics = port.statistics()
    assert statistics.remote_loss == 0.25
    assert statistics.counters["rtcp_received"] == 1
    assert statistics.counters["srtp_unauthenticated"] == 1


def test_plain_packets_and_wrong_keys_are_not_heard(engine: Engine, phone: SecurePhone, port: Port) -> None:
    with SecurePhone(SrtpProfile.AES_CM_128_HMAC_SHA1_80, fill=9) as foreign, RtpPhone() as plain:
        for _ in range(5):
            foreign.send(port.local_port)
            plain.send(port.local_port)
        engine.tick()
    counters = port.statistics().counters
    assert counters["srtp_unauthenticated"] == 10
    assert counters["rtp_received"] == 0


def test_a_replay_is_counted(engine: Engine, phone: SecurePhone, port: Port) -> None:
    raw = phone.protected(bytes(160))
    for _ in range(3):
        phone.send_protected(port.local_port, raw)
    engine.tick()
    assert port.statistics().counters["srtp_replayed"] == 2


def test_an_authenticated_stream_may_change_its_address(
    engine: Engine, phone: SecurePhone, port: Port
) -> None:
    phone.send(port.local_port)
    engine.tick()
    late = phone.protected(bytes(160))
    with RtpPhone() as elsewhere:
        elsewhere.send_raw(port.local_port, phone.protected(bytes(160)))
        engine.tick(2)
        assert elsewhere.receive_raw()
        # a late packet by the old way does not turn us back
        phone.send_protected(port.local_port, late)
        phone.receive_raw()
        engine.tick(2)
        assert phone.receive_raw() == []
        moved = [event for event in engine.events() if isinstance(event, RemoteChanged)]
        assert [(event.host, event.port) for event in moved] == [elsewhere.address]


def test_a_re_invite_with_the_same_keys_keeps_the_srtp_state(
    engine: Engine, phone: SecurePhone, port: Port
) -> None:
    """Across the wrap of the sequence number only the old context knows the roll-over counter."""
    phone.sequence_number = 65_530
    for i in range(12):
        if i == 8:
            port.configure(phone.media(srtp=phone.keys, dtmf_payload_type=101))
        phone.send(port.local_port)
        engine.tick()
    assert port.statistics().counters["srtp_unauthenticated"] == 0
    assert len(phone.receive()) == 12


def test_new_keys_replace_the_old(engine: Engine, phone: SecurePhone, port: Port) -> None:
    engine.tick()
    with SecurePhone(SrtpProfile.AEAD_AES_128_GCM, fill=5) as rekeyed:
        port.configure(rekeyed.media(srtp=rekeyed.keys))
        rekeyed.send(port.local_port, tone(400, 8000, 160))
        engine.tick(5)
        assert port.statistics().counters["rtp_received"] == 1
        assert len(rekeyed.receive()) == 5
        phone.sequence_number += 10
        phone.send(port.local_port)
        engine.tick()
    assert port.statistics().counters["srtp_unauthenticated"] == 1


def test_keys_of_the_wrong_length_are_refused(engine: Engine, phone: SecurePhone) -> None:
    keys = SrtpKeys(SrtpProfile.AEAD_AES_256_GCM, rx_key=bytes(30), tx_key=bytes(30))
    with pytest.raises(InvalidArgument):
        engine.open_rtp_port().configure(phone.media(srtp=keys))


def test_mulaw_of_the_phone_is_its_own_inverse() -> None:
    codes = bytes(range(256))
    again = mulaw_encode(mulaw_decode(codes))
    # two codes mean zero: 0x7F is minus zero
    assert again == codes.replace(b"\x7f", b"\xff")
