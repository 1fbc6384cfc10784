"""SRTP and SRTCP, alone and against pylibsrtp."""

import ctypes
import errno
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pylibsrtp
import pytest

from tests.support.codec import NativeLibraries, libraries
from tests.support.native import library
from tests.support.packets import rtp

TRAILER_BYTES = 48
RTCP = struct.pack("!BBHI", 0x80, 201, 1, 0x1234)


@dataclass(frozen=True)
class Profile:
    """One of ours, and pylibsrtp's name for it."""

    number: int
    key_bytes: int
    theirs: int


PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": Profile(1, 30, pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80),
    "AEAD_AES_128_GCM": Profile(2, 28, pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM),
    "AEAD_AES_256_GCM": Profile(3, 44, pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM),
    "AES_CM_128_HMAC_SHA1_32": Profile(4, 30, pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32),
}
# pylibsrtp has no names for these (RFC 6188).
OWN_PROFILES = {"AES_256_CM_HMAC_SHA1_80": Profile(5, 46, -1), "AES_256_CM_HMAC_SHA1_32": Profile(6, 46, -1)}


class Srtp(ctypes.Structure):
    """``struct mm_srtp``."""

    _fields_ = [
        ("libraries", ctypes.c_void_p),
        ("rx", ctypes.c_void_p),
        ("tx", ctypes.c_void_p),
        ("rx_mki", ctypes.c_bool),
        ("tx_mki", ctypes.c_bool),
    ]


class Key(ctypes.Structure):
    """``struct mm_srtp_key``."""

    _fields_ = [("bytes", ctypes.c_uint8 * 46), ("mki", ctypes.c_uint8 * 16), ("mki_bytes", ctypes.c_uint32)]

    @classmethod
    def of(cls, key: bytes, mki: bytes) -> "Key":
        return cls((ctypes.c_uint8 * 46)(*key), (ctypes.c_uint8 * 16)(*mki), len(mki))


class Leg:
    """Both directions of one end."""

    def __init__(
        self,
        opened: NativeLibraries,
        profile: int,
        rx_key: bytes,
        tx_key: bytes,
        *,
        rx_mki: bytes = b"",
        tx_mki: bytes = b"",
    ) -> None:
        self._opened = opened
        self._srtp = Srtp()
        self.code = library().mm_srtp_open(
            ctypes.byref(self._srtp),
            ctypes.byref(opened),
            profile,
            ctypes.byref(Key.of(rx_key, rx_mki)),
            ctypes.byref(Key.of(tx_key, tx_mki)),
            ctypes.c_size_t(len(rx_key)),
        )

    def close(self) -> None:
        library().mm_srtp_close(ctypes.byref(self._srtp))

    def run(self, name: str, packet: bytes) -> bytes | int:
        """The packet that comes out, or -errno."""
        memory = (ctypes.c_uint8 * (len(packet) + TRAILER_BYTES)).from_buffer_copy(
            packet + bytes(TRAILER_BYTES)
        )
        size = library()[f"mm_srtp_{name}"](ctypes.byref(self._srtp), memory, ctypes.c_size_t(len(packet)))
        return bytes(memory[:size]) if size >= 0 else int(size)


@pytest.fixture(scope="module")
def opened() -> NativeLibraries:
    return libraries()


@pytest.fixture(params=[*PROFILES, *OWN_PROFILES])
def profile(request: pytest.FixtureRequest) -> Profile:
    return (PROFILES | OWN_PROFILES)[request.param]


@pytest.fixture
def keys(profile: Profile) -> tuple[bytes, bytes]:
    return os.urandom(profile.key_bytes), os.urandom(profile.key_bytes)


@pytest.fixture
def pair(opened: NativeLibraries, profile: Profile, keys: tuple[bytes, bytes]) -> Iterator[tuple[Leg, Leg]]:
    """Two legs that face each other."""
    legs = Leg(opened, profile.number, *keys), Leg(opened, profile.number, *keys[::-1])
    assert [leg.code for leg in legs] == [0, 0]
    yield legs
    for leg in legs:
        leg.close()
        leg.close()


def test_a_protected_packet_is_restored(pair: tuple[Leg, Leg]) -> None:
    for n in range(100):
        plain = rtp(65_500 + n, n * 160, bytes([n]) * 160, ssrc=n // 50)
        secret = pair[0].run("protect", plain)
        assert isinstance(secret, bytes)
        assert plain[12:] not in secret
        assert len(secret) <= len(plain) + TRAILER_BYTES
        assert pair[1].run("unprotect", secret) == plain


def test_a_protected_report_is_restored(pair: tuple[Leg, Leg]) -> None:
    secret = pair[0].run("protect_rtcp", RTCP)
    assert isinstance(secret, bytes)
    assert pair[1].run("unprotect_rtcp", secret) == RTCP


def test_replay_and_forgery_have_different_errors(pair: tuple[Leg, Leg]) -> None:
    secret = pair[0].run("protect", rtp(1, 1, b"hello"))
    assert isinstance(secret, bytes)
    forged = secret[:-1] + bytes([secret[-1] ^ 1])
    assert pair[1].run("unprotect", forged) == -errno.EACCES
    assert pair[1].run("unprotect", secret) == rtp(1, 1, b"hello")
    assert pair[1].run("unprotect", secret) == -errno.EALREADY
    report = pair[0].run("protect_rtcp", RTCP)
    assert isinstance(report, bytes)
    assert pair[1].run("unprotect_rtcp", report[:-1] + bytes([report[-1] ^ 1])) == -errno.EACCES
    assert pair[1].run("unprotect_rtcp", report) == RTCP
    assert pair[1].run("unprotect_rtcp", report) == -errno.EALREADY


def test_packets_up_to_1000_out_of_order_are_accepted(pair: tuple[Leg, Leg]) -> None:
    secrets = [pair[0].run("protect", rtp(n, n, b"x")) for n in range(1001)]
    assert isinstance(pair[1].run("unprotect", secrets[-1]), bytes)  # type: ignore[arg-type] # all were protected
    assert isinstance(pair[1].run("unprotect", secrets[0]), bytes)  # type: ignore[arg-type] # likewise


def test_the_same_sequence_number_can_be_sent_twice(pair: tuple[Leg, Leg]) -> None:
    assert pair[0].run("protect", rtp(5, 5, b"x")) == pair[0].run("protect", rtp(5, 5, b"x"))


@pytest.mark.parametrize("size", [0, 4, 11])
def test_a_truncated_packet_is_refused(pair: tuple[Leg, Leg], size: int) -> None:
    stump = rtp(1, 1, b"")[:size]
    for name in ("protect", "unprotect", *(("protect_rtcp", "unprotect_rtcp") if size < 8 else ())):
        assert pair[0].run(name, stump) == -errno.EBADMSG


def test_packets_are_interoperable_with_pylibsrtp(
    opened: NativeLibraries, profile: Profile, keys: tuple[bytes, bytes]
) -> None:
    if profile.theirs < 0:
        pytest.skip("pylibsrtp does not know the profile")
    policies = [
        pylibsrtp.Policy(key=key, ssrc_type=direction, srtp_profile=profile.theirs)
        for key, direction in zip(
            keys, [pylibsrtp.Policy.SSRC_ANY_OUTBOUND, pylibsrtp.Policy.SSRC_ANY_INBOUND], strict=True
        )
    ]
    their_tx, their_rx = map(pylibsrtp.Session, policies)
    leg = Leg(opened, profile.number, *keys)
    assert leg.code == 0
    for n in range(10):
        plain = rtp(n, n * 960, bytes(range(60 + n)), ssrc=77)
        ours = leg.run("protect", plain)
        assert isinstance(ours, bytes)
        assert their_rx.unprotect(ours) == plain
        assert leg.run("unprotect", their_tx.protect(plain)) == plain
        report = leg.run("protect_rtcp", RTCP)
        assert isinstance(report, bytes)
        assert their_rx.unprotect_rtcp(report) == RTCP
        assert leg.run("unprotect_rtcp", their_tx.protect_rtcp(RTCP)) == RTCP
    leg.close()


def trailer(leg: Leg, name: str, packet: bytes) -> int:
    protected = leg.run(name, packet)
    assert isinstance(protected, bytes)
    return len(protected) - len(packet)


@pytest.mark.parametrize(
    ("name", "rtp_bytes", "rtcp_bytes"),
    [
        ("AES_CM_128_HMAC_SHA1_80", 10, 14),
        ("AES_CM_128_HMAC_SHA1_32", 4, 14),
        ("AES_256_CM_HMAC_SHA1_80", 10, 14),
        ("AES_256_CM_HMAC_SHA1_32", 4, 14),
        ("AEAD_AES_128_GCM", 16, 20),
        ("AEAD_AES_256_GCM", 16, 20),
    ],
)
def test_authentication_tag_has_the_length_of_the_profile(
    opened: NativeLibraries, name: str, rtp_bytes: int, rtcp_bytes: int
) -> None:
    """RFC 4568 section 6.2, RFC 6188 section 4, RFC 7714 section 13: RTCP has its 80 bits, and 4 bytes of index."""
    profile = (PROFILES | OWN_PROFILES)[name]
    leg = Leg(opened, profile.number, bytes(profile.key_bytes), bytes(profile.key_bytes))
    assert trailer(leg, "protect", rtp(1, 1, b"x" * 160)) == rtp_bytes
    assert trailer(leg, "protect_rtcp", RTCP) == rtcp_bytes
    leg.close()


@pytest.mark.parametrize("mki", [b"\1", b"\0\0\0\1", bytes(range(16))])
def test_mki_is_sent_and_required(
    opened: NativeLibraries, profile: Profile, keys: tuple[bytes, bytes], mki: bytes
) -> None:
    near = Leg(opened, profile.number, *keys, rx_mki=b"\7", tx_mki=mki)
    far = Leg(opened, profile.number, *keys[::-1], rx_mki=mki, tx_mki=b"\7")
    other = Leg(opened, profile.number, *keys[::-1], rx_mki=b"\x09" * len(mki))
    plain = Leg(opened, profile.number, *keys)
    for name, packet in (("protect", rtp(9, 9, b"audio")), ("protect_rtcp", RTCP)):
        protected, bare = near.run(name, packet), plain.run(name, packet)
        assert isinstance(protected, bytes)
        assert isinstance(bare, bytes)
        assert mki in protected[len(packet) :]
        assert len(protected) == len(bare) + len(mki)
        assert other.run(f"un{name}", protected) == -errno.EACCES
        # In a report libsrtp may miss the encryption bit first, where it looks for the index.
        assert far.run(f"un{name}", bare) in (-errno.EACCES, -errno.EBADMSG)
        assert far.run(f"un{name}", protected) == packet
        assert near.run(f"un{name}", far.run(name, packet)) == packet  # type: ignore[arg-type] # it was protected
    for leg in (near, far, other, plain):
        leg.close()


def test_mki_of_more_than_16_bytes_is_refused(opened: NativeLibraries) -> None:
    key = Key.of(bytes(30), b"")
    key.mki_bytes = 17
    srtp = Srtp()
    refused = library().mm_srtp_open(
        ctypes.byref(srtp), ctypes.byref(opened), 1, ctypes.byref(key), ctypes.byref(key), ctypes.c_size_t(30)
    )
    assert refused == -errno.EINVAL


@pytest.mark.parametrize(
    ("number", "key_bytes"),
    [(1, 29), (1, 0), (2, 30), (3, 45), (0, 0)],
    ids=["short", "none", "long", "odd", "no profile"],
)
def test_keys_of_a_wrong_length_are_refused(opened: NativeLibraries, number: int, key_bytes: int) -> None:
    assert Leg(opened, number, bytes(key_bytes), bytes(key_bytes)).code == -errno.EINVAL


def test_srtp_without_the_library_is_refused() -> None:
    assert Leg(NativeLibraries(), 1, bytes(30), bytes(30)).code == -errno.ENOSYS


def test_key_lengths_match_the_profiles() -> None:
    key_bytes = library().mm_srtp_key_bytes
    key_bytes.restype = ctypes.c_size_t
    assert [key_bytes(n) for n in range(7)] == [0, 30, 28, 44, 30, 46, 46]
