"""A mixing thread with too much to do sheds quality, and takes it back; the real engine under a real load."""

from contextlib import ExitStack

from mixminus.mixer import Engine, EngineConfig, Load, Shed
from tests.support.heavy import heavy_rooms
from tests.support.waiting import eventually

MORE_ROOMS = 40
WITHIN_S = 60.0
"""A second for each step up, five for each step back, and the load of other processes."""


def test_a_thread_with_too_much_to_do_sheds_quality_and_takes_it_back() -> None:
    with Engine(EngineConfig(media_timeout_ms=3_600_000)) as engine:
        engine.start()
        with ExitStack() as stack:

            def overloaded() -> bool:
                if engine.load().shed is Shed.NOTHING and engine.counters()["ticks_shed_suppression"] == 0:
                    stack.enter_context(heavy_rooms(engine, MORE_ROOMS))
                    return False
                return True

            eventually(overloaded, timeout_s=WITHIN_S, what="the engine sheds")
            counters = engine.counters()
            assert counters["ticks_shed_suppression"] >= counters["ticks_shed_encoding"]
        eventually(
            lambda: engine.load().shed is Shed.NOTHING, timeout_s=WITHIN_S, what="nothing is shed any more"
        )
        assert engine.load().busiest < 0.6
        shed = engine.counters()["ticks_shed_suppression"]
        assert 0 < shed < engine.counters()["ticks"]


def test_a_manual_engine_is_idle() -> None:
    with Engine(EngineConfig(manual=True)) as engine, heavy_rooms(engine, 1):
        engine.tick(100)
        assert engine.load() == Load(0.0, Shed.NOTHING)
        assert engine.counters()["ticks_shed_suppression"] == 0
