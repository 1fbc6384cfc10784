"""Legs: what homes let be done with legs here: sounds, texts, digits, another room; and what is measured of them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from mixminus.call.registry import LiveCalls
from mixminus.cluster.leg_messages import (
    Beep,
    Dial,
    LegQuality,
    Loop,
    MoveTo,
    Moving,
    Play,
    Played,
    Prompt,
    Show,
    StopPlay,
)
from mixminus.cluster.messages import Message
from mixminus.conference.room import Seat
from mixminus.conference.room_sounds import RoomSounds
from mixminus.errors import MixMinusError
from mixminus.mixer import BridgePort, Engine, Port, PortClosed
from mixminus.mixer.sounds import SOUND_RATE_HZ, beeps
from mixminus.satellite.mesh import Trunks
from mixminus.sound.service import SoundService
from mixminus.sound.source import PcmSource
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["LegMessage", "Legs", "Means", "quality_of"]

LegMessage = Loop | Prompt | Beep | Play | StopPlay | Show | Dial | MoveTo


@dataclass(frozen=True, slots=True)
class Means:
    """What it is done with."""

    engine: Engine
    trunks: Trunks
    room_sounds: RoomSounds
    sounds: SoundService
    live_calls: LiveCalls
    move: Callable[[Seat, MoveTo], Awaitable[UUID]]
    """Takes a seat in another room for a call that leaves this one then, and returns its id; nil without a seat."""


class Legs:
    """Does what homes want; what takes time is done in ``scope``."""

    def __init__(self, means: Means, scope: TaskScope) -> None:
        self._means = means
        self._scope = scope
        self._playing: dict[tuple[UUID, int], asyncio.Future[None]] = {}
        """By seat and number; done when it is to stop."""

    def on_message(self, seat: Seat, message: LegMessage, report: Callable[[Message], None]) -> None:
        """Begin what the home wants; ``report`` sends it what becomes of that."""
        match message:
            case Play():
                self._play(seat, message, report)
            case StopPlay():
                self._stop(seat, message.number)
            case Show():
                if live := self._means.live_calls.get(seat.call_id):
                    live.send_text(message.text)
            case Dial():
                if isinstance(seat.port, Port):
                    with suppress(
                        MixMinusError
                    ):  # not negotiated, just closed, or the engine's queue is full
                        seat.port.send_digits(message.digits, message.tone_ms)
            case MoveTo():
                self._scope.spawn(f"move {seat.id}", self._move(seat, message, report))
            case Loop() | Prompt() | Beep():
                self._sound(seat, message)

    def silence(self, seat: Seat) -> None:
        """Stop all that a home has let be played to a leg."""
        seat.stop_sound()
        for seat_id, number in tuple(self._playing):
            if seat_id == seat.id:
                self._stop(seat, number)

    def _sound(self, seat: Seat, message: Loop | Prompt | Beep) -> None:
        if seat.port.closed:
            return
        match message:
            case Loop():
                seat.stop_sound()
                if message.name == "music":
                    seat.sound = self._means.room_sounds.play_music(seat.port)
                elif message.name == "ringback":
                    seat.sound = self._means.room_sounds.play_ringback(seat.port)
            case Prompt():
                words = seat.conference.settings.wording
                self._means.sounds.prompt_in_background(
                    seat.port, message.name, words, seat.dismissed, message.facts
                )
            case Beep():
                source = PcmSource(beeps(message.count), SOUND_RATE_HZ)
                self._means.sounds.play_in_background(seat.port, source, seat.dismissed)

    def _play(self, seat: Seat, asked: Play, report: Callable[[Message], None]) -> None:
        stop = self._playing[seat.id, asked.number] = asyncio.get_running_loop().create_future()
        self._scope.spawn(f"play {asked.number} to {seat.id}", self._played(seat, asked, report, stop))

    def _stop(self, seat: Seat, number: int) -> None:
        stop = self._playing.get((seat.id, number))
        if stop and not stop.done():
            stop.set_result(None)

    async def _played(
        self, seat: Seat, asked: Play, report: Callable[[Message], None], stop: asyncio.Future[None]
    ) -> None:
        error = ""
        try:
            await unless([stop, seat.dismissed, seat.left], self._perform(seat, asked, report))
        except (Interrupted, PortClosed):
            pass
        except MixMinusError as failure:
            error = str(failure)
        finally:
            if self._playing.get((seat.id, asked.number)) is stop:
                del self._playing[seat.id, asked.number]
        report(Played(asked.room, asked.seat, asked.number, ended=True, error=error))

    async def _perform(self, seat: Seat, asked: Play, report: Callable[[Message], None]) -> None:
        programme = await self._means.sounds.programme(seat.port, asked.request)
        try:
            await programme.open()
            report(Played(asked.room, asked.seat, asked.number, ended=False))
            await self._means.sounds.play(seat.port, programme)
        finally:
            await programme.close()

    async def _move(self, seat: Seat, asked: MoveTo, report: Callable[[Message], None]) -> None:
        report(Moving(asked.room, asked.seat, await self._means.move(seat, asked)))


def quality_of(seat: Seat) -> LegQuality:
    """Return what is measured of a leg; raise PortClosed."""
    port: BridgePort = seat.port
    found = port.statistics()
    return LegQuality(
        seat.id,
        codec=port.codec or "",
        delay_ms=found.delay_ms,
        jitter_ms=found.jitter_ms,
        loss=found.loss,
        round_trip_ms=found.round_trip_ms,
        mos=found.mos,
    )
