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

TRAILER_BYTES = 32
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
}


class Srtp(ctypes.Structure):
    """``struct mm_srtp``."""

    _fields_ = [("libraries", ctypes.c_void_p), ("rx", ctypes.c_void_p), ("tx", ctypes.c_void_p)]


class Leg:
    """Both directions of one end."""

    def __init__(self, opened: NativeLibraries, profile: int, rx_key: bytes, tx_key: bytes) -> None:
        self._opened = opened
        self._srtp = Srtp()
        self.code = library().mm_srtp_open(
            ctypes.byref(self._srtp),
            ctypes.byref(opened),
            profile,
            rx_key,
            tx_key,
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


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> Profile:
    return PROFILES[request.param]


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
    assert [key_bytes(n) for n in range(4)] == [0, 30, 28, 44]
