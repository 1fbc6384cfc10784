"""A caller on a manual engine, with real RTP: it hears what is played to it in a room and outside of one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from mixminus.call.leg import Address
from mixminus.mixer import Port
from tests.support.backend import Backend
from tests.support.legs import ManualLeg
from tests.support.phone import RtpPhone
from tests.support.tones import Pcm
from tests.support.waiting import run_ready_tasks, until

__all__ = ["RATE_HZ", "Caller", "actions", "level", "looks_like", "run", "run_until"]

RATE_HZ = 8000
TICK_S = 0.02


def actions(*each: tuple[str, Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return actions as the API represents them."""
    return tuple({"type": type_, "option": dict(option)} for type_, option in each)


class Caller:
    """An RTP phone, its leg, and all the audio it has received."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.phone = RtpPhone()
        port: Port = backend.engine.open_rtp_port()
        port.configure(self.phone.media())
        self.port = port
        self.leg = ManualLeg(port)
        self.speaks: Pcm | None = None
        """Audio to send, repeated; None sends silence."""
        self._said = 0
        self._heard: list[Pcm] = []

    @classmethod
    async def dial(cls, backend: Backend, target: object) -> Self:
        caller = cls(backend)
        await backend.calls.incoming(
            caller.leg, source=Address("sip", "alice", name="Alice"), destination=Address("sip", str(target))
        )
        return caller

    @property
    def heard(self) -> Pcm:
        return np.concatenate(self._heard) if self._heard else np.zeros(0, np.int16)

    def forget(self) -> None:
        """Discard the audio received so far."""
        self._heard.clear()

    def close(self) -> None:
        self.phone.close()

    def speak(self) -> None:
        """Send the packet of one tick."""
        pcm = None
        if self.speaks is not None:
            pcm = np.take(self.speaks, range(self._said, self._said + 160), mode="wrap")
            self._said += 160
        self.phone.send(self.port.local_port, pcm)

    def listen(self) -> None:
        self._heard.append(self.phone.heard())


async def run(backend: Backend, callers: Sequence[Caller], seconds: float) -> None:
    """Advance clock and engine together."""
    for _ in range(round(seconds / TICK_S)):
        for caller in callers:
            if not caller.port.closed:
                caller.speak()
        backend.tick()
        for caller in callers:
            caller.listen()
        backend.clock.advance(TICK_S)
        await run_ready_tasks()


async def run_until(
    backend: Backend, callers: Sequence[Caller], look: Callable[[], Any] | Callable[[], Awaitable[Any]]
) -> None:
    """Advance clock and engine until ``look`` returns something true."""

    async def step() -> Any:
        await run(backend, callers, 0.1)
        found = look()
        return await found if isinstance(found, Awaitable) else found

    await until(step, within_s=180.0)


def level(pcm: Pcm) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(pcm.astype(np.float64) ** 2))) if len(pcm) else 0.0


def looks_like(heard: Pcm, said: Pcm) -> float:
    """Return the highest normalised correlation of ``said`` with a part of ``heard``; 1: equal up to the level."""
    said64, heard64 = said.astype(np.float64), heard.astype(np.float64)
    size = len(heard64) + len(said64)
    product = np.fft.irfft(np.fft.rfft(heard64, size) * np.conj(np.fft.rfft(said64, size)), size)
    energy = np.concatenate([[0.0], np.cumsum(heard64**2)])
    places = np.arange(max(1, len(heard64) - len(said64) + 1))
    around = energy[np.minimum(places + len(said64), len(heard64))] - energy[places]
    return float(np.max(product[places] / np.sqrt(np.maximum(around, 1.0) * max(1.0, (said64**2).sum()))))
