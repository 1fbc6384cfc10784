"""External media: a call's audio to a program over UDP and back; real sockets, manual time."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.actions.media import ExternalMediaStart
from mixminus.flow.services import Fork, Listen, Speak
from mixminus.streams.external import MAX_FORKS
from mixminus.streams.framing import RtpPcmu
from tests.support.backend import Backend, open_backend
from tests.support.caller import RATE_HZ, Caller, run
from tests.support.calling import HANGUP, HOUR, action, calling
from tests.support.clock import ManualClock
from tests.support.phone import RtpPacket, mulaw_decode
from tests.support.tones import Pcm, level_db, tone
from tests.support.waiting import run_ready_tasks, until

FRAME = RATE_HZ // 50
MINE_HZ, THEIRS_HZ = 440.0, 1130.0
AUDIBLE_DB, SILENT_DB = -30.0, -60.0
SECOND = 50
"""Ticks."""


class Program:
    """A program with one socket."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(("127.0.0.1", 0))
        self.packets: list[RtpPacket] = []
        self.caller: tuple[str, int] | None = None
        self._rtp = RtpPcmu()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def receive(self) -> None:
        while True:
            try:
                packet, self.caller = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            self.packets.append(RtpPacket.parse(packet))

    def send(self, pcm: Pcm) -> bytes:
        packet = self._rtp.wrap(pcm)
        self.send_raw(packet)
        return packet

    def send_raw(self, packet: bytes) -> None:
        assert self.caller, "no packet was received yet"
        self.socket.sendto(packet, self.caller)

    @property
    def heard(self) -> Pcm:
        return mulaw_decode(b"".join(each.payload for each in self.packets))


@pytest.fixture
def program() -> Iterator[Program]:
    running = Program()
    yield running
    running.socket.close()


async def talk(caller: Caller, program: Program, ticks: int, *, answers: bool) -> Pcm:
    """Exchange audio packet by packet; return what the caller hears."""
    answer = tone(THEIRS_HZ, ticks / SECOND, sample_rate_hz=RATE_HZ)
    caller.forget()
    for tick in range(ticks):
        if answers:
            sent = counters(caller.backend)["external.samples_heard"]
            program.send(answer[tick * FRAME : (tick + 1) * FRAME])
            await until(lambda sent=sent: counters(caller.backend)["external.samples_heard"] > sent)  # type: ignore[misc]
        await run(caller.backend, [caller], 1 / SECOND)
    return caller.heard


async def received(backend: Backend, program: Program, count: int) -> None:
    """Wait until the program has received a number of packets."""

    def look() -> bool:
        backend.clock.advance(0.02)
        program.receive()
        return len(program.packets) >= count

    await until(look)


def counters(backend: Backend) -> Any:
    return backend.services.external.counters


async def opened(backend: Backend, count: int) -> None:
    await until(lambda: counters(backend)["external.opened"] == count)


def start(program: Program, **option: Any) -> dict[str, Any]:
    return action("external_media_start", external_host=program.address, **option)


@pytest.mark.parametrize(
    ("listen", "mine", "theirs"), [("in", True, False), ("out", False, True), ("", True, True)]
)
async def test_audio_is_sent_and_received(
    backend: Backend, program: Program, listen: str, mine: bool, theirs: bool
) -> None:
    room = await backend.room(pre_actions=(action("answer"), start(program, direction_listen=listen), HOUR))
    caller = await Caller.dial(backend, room.id)
    caller.speaks = tone(MINE_HZ, 1, sample_rate_hz=RATE_HZ)
    await opened(backend, 1)
    await talk(caller, program, 2, answers=False)
    await received(backend, program, 2)
    heard = await talk(caller, program, SECOND, answers=True)
    caller.close()
    assert level_db(heard, THEIRS_HZ, sample_rate_hz=RATE_HZ) > AUDIBLE_DB
    assert level_db(heard, MINE_HZ, sample_rate_hz=RATE_HZ) < SILENT_DB
    await received(backend, program, SECOND + 2)
    numbers = [each.sequence_number for each in program.packets]
    assert numbers == [(numbers[0] + n) % (1 << 16) for n in range(SECOND + 2)]
    assert {(each.payload_type, len(each.payload)) for each in program.packets} == {(0, FRAME)}
    got = program.heard[10 * FRAME :]
    assert (level_db(got, MINE_HZ, sample_rate_hz=RATE_HZ) > AUDIBLE_DB) is mine
    assert (level_db(got, THEIRS_HZ, sample_rate_hz=RATE_HZ) > AUDIBLE_DB) is theirs
    assert counters(backend)["external.samples_overrun"] == 0


async def test_external_media_ends_with_the_call_or_by_stop(backend: Backend, program: Program) -> None:
    stop = action("external_media_stop")
    first = await calling(
        backend, action("answer"), start(program), action("sleep", duration=1000), stop, HOUR
    )
    await opened(backend, 1)
    await first.waits("sleep")
    for _ in range(60):
        backend.clock.advance(0.02)
        await run_ready_tasks()
    await first.does("sleep")
    sent = counters(backend)["external.packets_sent"]
    await ended(backend)
    backend.tick(10)
    backend.clock.advance(0.2)
    assert counters(backend)["external.packets_sent"] == sent
    await calling(backend, action("answer"), start(program), action("sleep", duration=20), HANGUP)
    await opened(backend, 2)
    await ended(backend)


async def ended(backend: Backend) -> None:
    """Wait until all forks have ended."""

    def look() -> bool:
        backend.clock.advance(0.02)
        return backend.services.external.forks == 0

    await until(look)


async def test_malformed_late_and_overrunning_packets_are_counted(backend: Backend, program: Program) -> None:
    await calling(backend, action("answer"), start(program), HOUR)
    await opened(backend, 1)
    backend.tick()
    await received(backend, program, 1)
    program.send_raw(b"no packet")
    await until(lambda: counters(backend)["external.packets_malformed"] == 1)
    packet = program.send(np.zeros(FRAME, np.int16))
    program.send_raw(packet)
    await until(lambda: counters(backend)["external.packets_late"] == 1)
    for _ in range(2 * SECOND):
        program.send(np.zeros(FRAME, np.int16))
    everything = (2 * SECOND + 1) * FRAME
    await until(
        lambda: (
            counters(backend)["external.samples_heard"] + counters(backend)["external.samples_overrun"]
            == everything
        )
    )
    assert 0 < counters(backend)["external.samples_overrun"] < everything


async def test_the_oldest_audio_is_dropped_after_a_delay(backend: Backend, program: Program) -> None:
    await calling(backend, action("answer"), start(program), HOUR)
    await opened(backend, 1)
    backend.tick(3 * SECOND)
    await received(backend, program, SECOND)
    dropped, lost = (counters(backend)[f"external.{name}"] for name in ("packets_dropped", "frames_lost"))
    assert dropped == 2 * SECOND
    assert lost == 0


async def test_an_unreachable_program_does_not_end_the_call(backend: Backend) -> None:
    gone = Program()
    address = gone.address
    gone.socket.close()
    caller = await calling(
        backend, action("answer"), action("external_media_start", external_host=address), HOUR
    )
    await opened(backend, 1)

    def counted() -> bool:
        backend.tick()
        backend.clock.advance(0.02)
        return bool(counters(backend)["external.packets_dropped"] + counters(backend)["external.unreachable"])

    await until(counted)
    assert (await caller.does("sleep")).status == "progressing"


async def test_forks_of_a_call_are_limited_and_may_be_silent(backend: Backend, program: Program) -> None:
    silent = start(program, direction_listen="none", direction_speak="none")
    caller = await calling(backend, action("answer"), *([silent] * (MAX_FORKS + 1)), HOUR)
    await caller.does("sleep")
    assert counters(backend)["external.opened"] == backend.services.external.forks == MAX_FORKS
    backend.tick(10)
    backend.clock.advance(0.02)
    await run_ready_tasks()
    program.receive()
    assert program.packets == []


async def test_private_addresses_are_refused_by_the_setting_for_webhooks(
    tmp_path: Path, program: Program
) -> None:
    async with open_backend(tmp_path, ManualClock(), private_targets=False) as backend:
        caller = await calling(backend, action("answer"), start(program), HOUR)
        await caller.does("sleep")
        assert counters(backend)["external.opened"] == 0


@pytest.mark.parametrize("host", ["", "mixminus.invalid:4000"])
async def test_a_missing_or_unknown_host_is_skipped(backend: Backend, host: str) -> None:
    caller = await calling(
        backend, action("answer"), action("external_media_start", external_host=host), HOUR
    )
    await caller.does("sleep")
    assert counters(backend)["external.opened"] == 0


def test_options_are_parsed() -> None:
    option = {"external_host": "[2001:db8::1]:4000", "direction_listen": "in", "direction_speak": "none"}
    read = CATALOGUE.parse({"type": "external_media_start", "option": option}).option
    assert isinstance(read, ExternalMediaStart)
    assert read.to_fork() == Fork("2001:db8::1", 4000, Listen.IN, Speak.NONE)
    for wrong in (
        {"external_host": "host"},
        {"external_host": "host:0"},
        {"external_host": "a@host:1"},
        {"external_host": "host:1/x"},
        {"external_host": "host:99999"},
        {"encapsulation": "sln"},
        {"transport": "tcp"},
        {"connection_type": "server"},
        {"format": "slin"},
        {"direction_speak": "in"},
    ):
        with pytest.raises(InvalidArgument):
            CATALOGUE.parse({"type": "external_media_start", "option": wrong})
