"""Audio that a client sends ahead: nothing is dropped, clear and mark, and the bounds."""

from collections.abc import Iterator

import numpy as np
import pytest

from mixminus.mixer import Bridge, Engine, EngineConfig, PcmPort
from mixminus.model.media_stream import TELEPHONY_HZ as SAMPLE_RATE_HZ
from mixminus.streams.audio import RoomAudio
from mixminus.streams.speech import FAIR_S, MAX_MARKS, MAX_WAITING_S, Budget, Reached, Speech
from tests.support.tones import Pcm, level_db, tone

AUDIBLE_DB, SILENT_DB = -30.0, -70.0
TICKS_A_SECOND = 50


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(EngineConfig(manual=True)) as opened:
        yield opened


class Room:
    """A room with a listener; time passes by ``run``."""

    def __init__(self, engine: Engine, budget: Budget | None = None) -> None:
        self.engine = engine
        self.bridge: Bridge = engine.open_bridge()
        self.listener: PcmPort = engine.open_pcm_port(SAMPLE_RATE_HZ)
        self.listener.join(self.bridge)
        self.audio = RoomAudio(engine, self.bridge, SAMPLE_RATE_HZ)
        self.speech = Speech(self.audio, SAMPLE_RATE_HZ, budget or Budget())
        engine.tick(2)
        self.listener.read()

    def run(self, seconds: float) -> tuple[Pcm, list[Reached]]:
        """Let time pass; return what was heard, and the marks that were reached."""
        self.engine.tick(round(seconds * TICKS_A_SECOND))
        return self.listener.read(), self.speech.advance()


def pitch(second: int) -> float:
    return (440.0, 660.0, 880.0)[second % 3]


def test_ten_minutes_sent_at_once_are_heard_whole(engine: Engine) -> None:
    room, seconds = Room(engine), 600
    room.speech.add(
        np.concatenate([tone(pitch(each), 1.0, sample_rate_hz=SAMPLE_RATE_HZ) for each in range(seconds)])
    )
    assert room.speech.mark("end")
    assert not room.speech.full
    heard, reached = [], list[Reached]()
    for _ in range(seconds // 5 + 1):
        pcm, marks = room.run(5)
        heard.append(pcm)
        reached += marks
    whole = np.concatenate(heard)
    start = int(np.argmax(np.abs(whole) > 100))
    for each in range(seconds):
        second = whole[start + each * SAMPLE_RATE_HZ :][800 : SAMPLE_RATE_HZ - 800]
        assert level_db(second, pitch(each), sample_rate_hz=SAMPLE_RATE_HZ) > AUDIBLE_DB, each
    assert reached == [Reached("end")]
    assert np.max(np.abs(whole[start + (seconds + 1) * SAMPLE_RATE_HZ :])) < 10


def test_clear_drops_what_is_not_played_and_nothing_that_follows(engine: Engine) -> None:
    room = Room(engine)
    room.speech.add(tone(440, 30.0, sample_rate_hz=SAMPLE_RATE_HZ))
    room.speech.mark("never heard")
    room.run(1)
    room.speech.clear()
    room.speech.add(tone(660, 1.0, sample_rate_hz=SAMPLE_RATE_HZ))
    room.speech.mark("heard")
    assert room.speech.advance() == [Reached("never heard", cleared=True)]
    room.run(0.2)
    heard, _ = room.run(0.6)
    assert level_db(heard, 660, sample_rate_hz=SAMPLE_RATE_HZ) > AUDIBLE_DB
    assert level_db(heard, 440, sample_rate_hz=SAMPLE_RATE_HZ) < SILENT_DB
    _, reached = room.run(1)
    assert reached == [Reached("heard")]
    room.run(1)
    assert np.max(np.abs(room.run(1)[0])) < 10


def test_marks_are_reached_in_order_when_the_audio_before_them_was_played(engine: Engine) -> None:
    room = Room(engine)
    room.speech.mark("start")
    for name in ("one", "two"):
        room.speech.add(tone(440, 1.0, sample_rate_hz=SAMPLE_RATE_HZ))
        room.speech.mark(name)
    assert room.speech.advance() == [Reached("start")]
    assert room.run(0.9)[1] == []
    assert room.run(0.2)[1] == [Reached("one")]
    assert room.run(0.8)[1] == []
    assert room.run(0.2)[1] == [Reached("two")]


def test_stream_is_full_after_a_quarter_of_an_hour(engine: Engine) -> None:
    room = Room(engine)
    minute = np.zeros(60 * SAMPLE_RATE_HZ, np.int16)
    for _ in range(MAX_WAITING_S // 60):
        assert not room.speech.full
        room.speech.add(minute)
    room.speech.add(minute)
    assert room.speech.full
    room.speech.clear()
    assert not room.speech.full


def test_all_streams_share_a_budget(engine: Engine) -> None:
    budget = Budget(maximum=60 * SAMPLE_RATE_HZ)
    greedy, modest = Room(engine, budget), Room(engine, budget)
    greedy.speech.add(np.zeros(80 * SAMPLE_RATE_HZ, np.int16))
    assert greedy.speech.full
    modest.speech.add(np.zeros(FAIR_S * SAMPLE_RATE_HZ, np.int16))
    assert not modest.speech.full
    greedy.speech.close()
    greedy.speech.close()
    modest.speech.close()
    assert (budget.used, modest.speech.full) == (0, False)


def test_marks_are_bounded(engine: Engine) -> None:
    room = Room(engine)
    room.speech.add(np.zeros(SAMPLE_RATE_HZ, np.int16))
    assert all(room.speech.mark(str(number)) for number in range(MAX_MARKS))
    assert not room.speech.mark("one more")
