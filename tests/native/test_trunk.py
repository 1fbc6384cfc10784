"""native/trunk: engines that are linked, whose seats, ghosts and links come and go (``make debug`` watches their memory)."""

import ctypes
import errno
import socket
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from mixminus.mixer.libraries import find_libraries
from tests.support.bridge import Counters
from tests.support.native import library

RATE_HZ = 48_000
FRAME = RATE_HZ // 50
KEY = bytes(range(28))
LANES = 3

Pcm = npt.NDArray[np.int16]


class Config(ctypes.Structure):
    """struct mm_engine_config."""

    _fields_ = [
        ("shards", ctypes.c_uint32),
        ("ptime_ms", ctypes.c_uint32),
        ("media_timeout_ms", ctypes.c_uint32),
        ("rtp_host", ctypes.c_char * 46),
        ("rtp_port_min", ctypes.c_uint16),
        ("rtp_port_max", ctypes.c_uint16),
        ("manual", ctypes.c_bool),
        ("realtime", ctypes.c_bool),
        ("rnnoise_path", ctypes.c_char_p),
    ]


def _made(function: str, *arguments: object) -> ctypes.c_void_p:
    """Call one of the functions that make an object."""
    made = ctypes.c_void_p()
    code = library()[function](*arguments, ctypes.byref(made))
    if code < 0:
        raise OSError(-code, function)
    return made


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Side:
    """An engine, its bridge, its trunk, and the newest link: the first one has tag 1, the next one 2."""

    def __init__(self) -> None:
        found = find_libraries(opus_path=None, srtp_path=None)
        config = Config(1, 20, 1000, b"127.0.0.1", 0, 0, True, False, None)
        self.engine = ctypes.c_void_p()
        assert (
            library().mm_engine_open(
                ctypes.byref(self.engine),
                ctypes.byref(config),
                found.opus_path.encode(),
                found.srtp_path.encode(),
            )
            == 0
        )
        self.bridge = _made("mm_engine_open_bridge", self.engine, 8)
        self.port = _free_port()
        self.trunk = _made("mm_engine_open_trunk", self.engine, b"127.0.0.1", self.port, 0, LANES)
        self.tag = 0
        self.open_link()

    def open_link(self) -> None:
        self.link = _made("mm_engine_open_link", self.trunk, self.bridge)
        self.tag += 1

    def connect(self, other: "Side") -> int:
        address = ctypes.create_string_buffer(64)
        assert library().mm_address_parse(address, b"127.0.0.1", other.port) == 0
        return int(library().mm_engine_connect_link(self.link, address, other.tag, KEY, KEY))

    def seat(self) -> ctypes.c_void_p:
        port = _made("mm_engine_open_pcm_port", self.engine, RATE_HZ)
        assert library().mm_engine_seat(port, self.bridge) == 0
        return port

    def expect(self, talker: int) -> ctypes.c_void_p:
        ghost = _made("mm_engine_open_ghost", self.link, talker)
        assert library().mm_engine_seat(ghost, self.bridge) == 0
        return ghost

    def tick(self, count: int = 1) -> None:
        assert library().mm_engine_tick(self.engine, count) == 0

    @property
    def counters(self) -> Counters:
        counters = Counters()
        library().mm_engine_counters(self.engine, ctypes.byref(counters))
        return counters

    def close(self) -> None:
        library().mm_engine_close(self.engine)


def write(port: ctypes.c_void_p, pcm: Pcm) -> None:
    library().mm_pcm_port_write(port, ctypes.c_void_p(pcm.ctypes.data), ctypes.c_size_t(len(pcm)))


def read(port: ctypes.c_void_p) -> Pcm:
    heard = np.zeros(FRAME * 1024, np.int16)
    library().mm_pcm_port_read.restype = ctypes.c_size_t
    count = library().mm_pcm_port_read(port, ctypes.c_void_p(heard.ctypes.data), ctypes.c_size_t(len(heard)))
    return heard[:count]


@pytest.fixture
def sides() -> Iterator[tuple[Side, Side]]:
    here, there = Side(), Side()
    assert here.connect(there) == there.connect(here) == 0
    yield here, there
    here.close()
    there.close()


class Churn:
    """Seats of one side and their ghosts at the other, in any state."""

    def __init__(self, here: Side, there: Side) -> None:
        self.here, self.there = here, there
        self.rng = np.random.default_rng(7)
        self.seats: list[ctypes.c_void_p] = []
        self.ghosts: list[ctypes.c_void_p] = []
        self.talkers = 0
        self.attacker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def come(self) -> None:
        seat = self.here.seat()
        assert library().mm_engine_carry(self.here.link, seat, self.talkers) == 0
        assert library().mm_engine_carry(self.here.link, seat, self.talkers) == -errno.EBUSY
        self.seats.append(seat)
        self.ghosts.append(self.there.expect(self.talkers))
        self.talkers += 1

    def speak(self) -> None:
        for seat in self.seats:
            pcm = self.rng.integers(-9000, 9000, FRAME * int(self.rng.integers(1, 9)), dtype=np.int16)
            write(seat, pcm)

    def go(self) -> None:
        if self.seats:
            library().mm_engine_close_port(self.seats.pop(int(self.rng.integers(len(self.seats)))))

    def vanish(self) -> None:
        if self.ghosts:
            library().mm_engine_close_ghost(self.ghosts.pop(int(self.rng.integers(len(self.ghosts)))))

    def attack(self) -> None:
        tag = (self.there.tag << 16).to_bytes(4, "big")
        for _ in range(20):
            noise = self.rng.bytes(int(self.rng.integers(0, 1500)))
            # Every other one has the header of a talker that is expected.
            forged = b"\x80\x64\x00\x01" + bytes(4) + tag + noise
            for datagram in (noise, forged):
                self.attacker.sendto(datagram, ("127.0.0.1", self.there.port))

    def relink(self) -> None:
        for ghost in self.ghosts:
            library().mm_engine_close_ghost(ghost)
        self.ghosts.clear()
        for side in (self.here, self.there):
            assert library().mm_engine_close_link(side.link) == 0
            side.open_link()
        assert self.here.connect(self.there) == self.there.connect(self.here) == 0
        while self.seats:
            self.go()
        self.talkers = 0


def test_everything_may_come_and_go_while_it_is_heard(sides: tuple[Side, Side]) -> None:
    here, there = sides
    listener = there.seat()
    churn = Churn(here, there)
    steps = [churn.come, churn.come, churn.speak, churn.speak, churn.go, churn.vanish, churn.attack]
    loudest = 0
    with churn.attacker:
        for step in range(400):
            steps[int(churn.rng.integers(len(steps)))]()
            if step % 90 == 89:
                churn.relink()
            for _ in range(int(churn.rng.integers(4))):
                here.tick()
                there.tick()
            heard = read(listener)
            loudest = max(loudest, int(np.abs(heard).max()) if len(heard) else 0)
    counters = there.counters
    assert loudest > 8000
    assert counters.rtp_received > 100
    assert counters.rtp_malformed > 0
    assert counters.srtp_unauthenticated > 0
    assert counters.trunk_unknown_talker > 0
    assert counters.trunk_no_lane > 0


def test_an_open_link_holds_its_trunk_and_its_bridge(sides: tuple[Side, Side]) -> None:
    here, _ = sides
    ghost = here.expect(1)
    assert library().mm_engine_close_link(here.link) == -errno.EBUSY
    assert library().mm_engine_close_trunk(here.trunk) == -errno.EBUSY
    library().mm_engine_close_ghost(ghost)
    assert library().mm_engine_close_bridge(here.engine, here.bridge) == -errno.EBUSY
    assert library().mm_engine_close_link(here.link) == 0
    assert library().mm_engine_close_bridge(here.engine, here.bridge) == 0
    assert library().mm_engine_close_trunk(here.trunk) == 0
