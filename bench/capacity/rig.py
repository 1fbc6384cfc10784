"""Phones, their calls and the server that they call: join, measure, leave."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bench.capacity.calls import Call, Callers, CallState, own_address
from bench.capacity.codecs import CODECS
from bench.capacity.generator import Counts, Generator
from bench.capacity.plan import Background, Plan
from bench.capacity.processes import CpuReading, cpu_percent, memory_mb, read_cpu, waiting_percent
from bench.capacity.quality import delay_of, histogram_quantile, packets_of, quantile
from bench.capacity.rest import Rest
from bench.capacity.results import Cost, Joins, Memory, Window
from bench.capacity.server import Server
from bench.capacity.sip_messages import SipUri, offer
from bench.capacity.tracks import BACKGROUND_TRACK, tracks, write_tracks

__all__ = ["Rig", "open_rig"]

SETTLE_S: Final = 2.0
"""From rest to the measurement: jitter buffers adapt, talk spurts begin."""
_REST_S: Final = 60.0
RECORDED_PHONES: Final = 24
_PENDING: Final = 100
"""Calls that may wait for their answer at a time: a ramp waits for a slow server, a storm does not."""


@dataclass(slots=True)
class Rig:
    """A server, or a SIP URI, and as many phones as may ever join."""

    plan: Plan
    generator: Generator
    callers: Callers
    uri_of_room: Callable[[int], SipUri]
    pid: int | None
    """Of the server, if its processes can be measured."""
    server: Server | None = None
    rest: Rest | None = None
    idle_mb: dict[str, float] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    _first_of_round: int = 0
    _round_s: float = 0.0
    _rest_s: float = 0.0
    _join_cpu_s: float = 0.0
    _before_join: CpuReading = field(default_factory=dict)
    _begin_join_s: float = 0.0

    async def join(self, count: int, rate: float, *, pending: int = _PENDING) -> None:
        """Let this many more phones join, and wait until each is answered or refused.

        ``rate`` calls are begun a second, but none while ``pending`` wait for their answer.
        """
        self._before_join = read_cpu(self.pid) if self.pid else {}
        self._first_of_round, begin = len(self.calls), time.monotonic()
        self._begin_join_s = begin
        waiting = asyncio.Semaphore(pending)
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                await asyncio.sleep(begin + number / rate - time.monotonic())
                await waiting.acquire()
                joining = group.create_task(self._join_one(self._first_of_round + number))
                joining.add_done_callback(lambda _: waiting.release())
        self._round_s = time.monotonic() - begin

    async def settle(self) -> None:
        """Wait until the server has done what it still does for the last calls: a call may be answered before it is heard."""
        if self.rest is not None:
            self._rest_s = await self.rest.reach(_REST_S)
            since_s = time.monotonic() - self._begin_join_s
            self._join_cpu_s = self.rest.spent_s(self._before_join, since_s)
        await asyncio.sleep(SETTLE_S)

    async def _join_one(self, phone: int) -> None:
        text = offer(
            CODECS[self.plan.codec],
            self.generator.address,
            self.generator.ports[phone],
            levels=self.plan.background is Background.LEVEL,
        )
        call = self.callers.call(self.uri_of_room(self.plan.room_of(phone)), text)
        # Tasks begin in the order of their creation, so a phone's call has its number.
        self.calls.append(call)
        await call.set_up()
        if call.state is CallState.ANSWERED:
            talker = self.plan.talker_of(phone)
            track = BACKGROUND_TRACK if talker is None else BACKGROUND_TRACK + 1 + talker
            self.generator.start(phone, call.audio.host, call.audio.port, track)

    async def measure(self, during: Callable[[], Awaitable[None]] | None = None) -> Window:
        """Measure for the plan's time, or while something happens; ``phones`` of the window are those at its begin."""
        there = [phone for phone, call in enumerate(self.calls) if call.state is CallState.ANSWERED]
        recorded = self._recorded(there)
        for phone in recorded:
            self.generator.record(phone, on=True)
        load_average = os.getloadavg()[0]
        before = read_cpu(self.pid) if self.pid else {}
        self.generator.begin()
        begin = time.monotonic()
        if during is None:
            await asyncio.sleep(self.plan.seconds)
        else:
            await during()
        after, seconds = read_cpu(self.pid) if self.pid else {}, time.monotonic() - begin
        counts, arrivals = await self.generator.end()
        lasting = {phone for phone in there if self.calls[phone].state is CallState.ANSWERED}
        for phone in recorded:
            self.generator.record(phone, on=False)
        plan = replace(self.plan, phones=len(there))
        return Window(
            plan=plan,
            seconds=counts.seconds,
            packets=packets_of(counts, arrivals, lasting),
            delay=await asyncio.to_thread(delay_of, plan, counts, arrivals),
            cost=self._cost(counts, before, after, seconds),
            memory=self._memory(),
            joins=self._joins(counts),
            load_average=max(load_average, os.getloadavg()[0]),
            ended=len(there) - len(lasting),
        )

    def _recorded(self, there: list[int]) -> list[int]:
        listeners = [phone for phone in there if self.plan.talker_of(phone) is None]
        step = max(1, len(listeners) // RECORDED_PHONES)
        return listeners[::step][:RECORDED_PHONES]

    def _cost(self, counts: Counts, before: CpuReading, after: CpuReading, seconds: float) -> Cost:
        server = cpu_percent(before, after, seconds)
        total, pairs = sum(server.values()), max(1, counts.packets) / 2
        server_us = total / 100 * seconds * 1e6 / pairs
        generator_us = counts.cpu_s * 1e6 / pairs
        return Cost(
            server=server,
            server_total=total,
            waiting=waiting_percent(before, after, seconds),
            generator=100 * counts.cpu_s / counts.seconds,
            server_us=server_us,
            generator_us=generator_us,
            ratio=server_us / generator_us if generator_us else 0.0,
            generator_late_p99_ms=histogram_quantile(counts.late_us, 0.99) / 10,
            generator_late_max_ms=counts.late_max_us / 1000,
            tick_late_p99_ms=self._tick_lateness(),
        )

    def _tick_lateness(self) -> float | None:
        if self.server is None:
            return None
        value = self.server.metrics().get('mixminus_tick_lateness_us{quantile="0.99"}')
        return None if value is None else value / 1000

    def _memory(self) -> Memory | None:
        if self.pid is None:
            return None
        now, idle = memory_mb(self.pid), sum(self.idle_mb.values())
        total, calls = sum(now.values()), max(1, self.answered)
        growth, most = (total - idle) / calls, self.plan.phones
        return Memory(now, total, idle, most, idle / most + growth, growth)

    @property
    def answered(self) -> int:
        """How many calls are up."""
        return sum(call.state is CallState.ANSWERED for call in self.calls)

    def _joins(self, counts: Counts) -> Joins:
        """Summarise the calls of the last round."""
        joined = list(enumerate(self.calls))[self._first_of_round :]
        answered = [(phone, call) for phone, call in joined if call.setup_s]
        setups = [1000 * call.setup_s for _, call in answered]
        clocks = time.time() - time.monotonic()
        first = {each.phone: each.first_ns / 1e9 for each in counts.phones if each.first_ns}
        audio = [
            1000 * (first[phone] - clocks - call.invited_s) for phone, call in answered if phone in first
        ]
        refused = Counter(str(call.status) for _, call in joined if call.state is CallState.REFUSED)
        return Joins(
            asked=len(joined),
            answered=len(answered),
            refused=dict(refused),
            asked_per_s=self.plan.join_rate,
            per_s=len(answered) / self._round_s if self._round_s else 0.0,
            setup_p50_ms=quantile(setups, 0.5),
            setup_p99_ms=quantile(setups, 0.99),
            first_audio_p50_ms=quantile(audio, 0.5),
            first_audio_p99_ms=quantile(audio, 0.99),
            rest_s=self._rest_s,
            cpu_ms=1000 * self._join_cpu_s / max(1, len(answered)),
            hung_up_by_server=sum(call.hung_up_by_server for call in self.calls),
        )

    async def leave(self) -> None:
        """Hang up all calls."""
        for phone in range(len(self.calls)):
            self.generator.stop(phone)
        await asyncio.gather(*(call.hang_up() for call in self.calls))


@asynccontextmanager
async def open_rig(
    folder: Path,
    plan: Plan,
    target: Server | SipUri,
    *,
    cores: Iterable[int],
    pid: int | None = None,
) -> AsyncIterator[Rig]:
    """Prepare phones for ``plan.phones`` calls to a server, or to a SIP URI whose server may run anywhere.

    ``{room}`` in the URI's user is replaced by the number of the room. ``pid`` is that of the target's server, if
    it runs on this machine.
    """
    path = folder / "tracks"
    write_tracks(path, plan, tracks(plan))
    rooms = plan.room_of(plan.phones - 1) + 1
    if isinstance(target, Server):
        uris = [target.room_uri(room) for room in await target.create_rooms(rooms)]
        server, pid = target, target.pid
    else:
        uris = [replace(target, user=target.user.replace("{room}", str(room))) for room in range(rooms)]
        server = None
    address = own_address(uris[0].host)
    with Generator.open(plan.phones, address, path, cores) as generator:
        callers = await Callers.open(uris[0])
        try:
            idle = memory_mb(pid) if pid else {}
            rest = await Rest.of(pid) if pid else None
            yield Rig(plan, generator, callers, uris.__getitem__, pid, server, rest, idle)
        finally:
            callers.close()
