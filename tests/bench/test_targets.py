"""Verdicts on the targets, from results as a run has them."""

from dataclasses import replace

import pytest
from bench.capacity.plan import CodecName, Plan, Rooms
from bench.capacity.results import Cost, Delay, Joins, Line, Memory, Packets, Window
from bench.capacity.table import table, target_table
from bench.capacity.targets import verdicts

GOOD = Window(
    plan=Plan(500),
    seconds=8.0,
    packets=Packets(500, 49.9, 49.9, 50.0, 0, 20, 23, 30, 0, 0, 0, 0, 0.1, 1.0, 2.0),
    delay=Delay(35, 45, 50, 400, 399),
    cost=Cost(
        {"mixing threads": 10.0, "database and other threads": 2.0},
        12.0,
        {},
        10.0,
        5.0,
        4.0,
        1.2,
        0.1,
        1.0,
        None,
    ),
    memory=Memory({"main process": 300.0}, 300.0, 50.0, 500, 0.6, 0.5),
    joins=Joins(500, 500, {}, 50, 48.0, 7, 17, 30, 40, 0.5, 7.5, 0),
    load_average=1.0,
)


def at(
    phones: int, *, codec: CodecName = CodecName.PCMU, rooms: Rooms = Rooms.ONE, per_s: float = 49.9
) -> Window:
    return replace(
        GOOD,
        plan=Plan(phones, codec, rooms),
        packets=replace(GOOD.packets, phones=phones, per_s_min=per_s),
    )


def met(lines: list[Line]) -> dict[str, bool | None]:
    return {verdict.target: verdict.met for verdict in verdicts(lines)}


@pytest.mark.parametrize(
    ("windows", "verdict"),
    [
        pytest.param([at(10), at(1500)], True, id="good"),
        pytest.param([at(10), at(1500, per_s=49.4)], False, id="one phone too few packets"),
        pytest.param([at(10), at(1000, per_s=20)], False, id="broken before"),
        pytest.param([at(10), at(1000)], None, id="not tried"),
    ],
)
def test_a_number_of_phones_is_good_if_every_aim_is_met_there(
    windows: list[Window], verdict: bool | None
) -> None:
    assert met([Line("ramp", "this", windows)])["1,500 PCMU phones in one room, all good"] is verdict


@pytest.mark.parametrize(
    ("window", "shortcoming"),
    [
        (replace(GOOD, joins=replace(GOOD.joins, answered=499)), "1 calls not answered"),
        (replace(GOOD, packets=replace(GOOD.packets, phones=499)), "1 phones without audio"),
        (replace(GOOD, packets=replace(GOOD.packets, phones=498), ended=2), "2 calls ended"),
        (replace(GOOD, packets=replace(GOOD.packets, per_s_min=49.4)), "a phone got 49.4 packets/s"),
        (replace(GOOD, delay=replace(GOOD.delay, p99_ms=60)), "delay p99 60 ms"),
        (replace(GOOD, delay=replace(GOOD.delay, heard=390)), "390 of 400 markers heard"),
    ],
)
def test_each_aim_that_is_missed_is_named(window: Window, shortcoming: str) -> None:
    assert GOOD.shortcomings() == []
    assert window.shortcomings() == [shortcoming]


@pytest.mark.parametrize(("ratio", "verdict"), [(1.6, True), (1.7, False)])
def test_the_cost_is_compared_at_500_phones(ratio: float, verdict: bool) -> None:
    window = replace(GOOD, cost=replace(GOOD.cost, ratio=ratio))
    found = met([Line("ramp", "this", [at(10), window])])
    assert found["CPU of the whole server at 500 PCMU phones at most 1.6 times the generator's"] is verdict
    assert found["memory at most 0.6 MB a call"] is True


@pytest.mark.parametrize(
    ("heard", "answered", "lost", "verdict"),
    [(0, 1000, 0, True), (1, 1000, 0, False), (0, 999, 0, False), (0, 1000, 1, False)],
)
def test_a_storm_is_passed_if_it_is_not_heard_and_all_are_in(
    heard: int, answered: int, lost: int, verdict: bool
) -> None:
    window = replace(
        at(100),
        joins=replace(GOOD.joins, asked=1000, answered=answered),
        packets=replace(GOOD.packets, lost=lost),
    )
    figures = {"joins_asked_per_s": 100.0, "joins_per_s": 99.0, "phones_that_heard_a_gap": float(heard)}
    assert list(met([Line("storm", "this", [window], figures)]).values()) == [verdict]


def test_a_storm_is_not_passed_if_the_server_slows_it_down() -> None:
    window = replace(at(100), joins=replace(GOOD.joins, asked=1000, answered=1000))
    figures = {"joins_asked_per_s": 100.0, "joins_per_s": 38.0, "phones_that_heard_a_gap": 0.0}
    assert list(met([Line("storm", "this", [window], figures)]).values()) == [False]


def test_idle_counts_when_all_workers_are_there() -> None:
    figures = {"workers_at_start": 1.0, "cpu_percent_at_start": 0.1}
    assert list(met([Line("idle", "this", [], figures)]).values()) == [True]
    figures |= {"workers_after_calls": 250.0, "cpu_percent_after_calls": 3.0}
    assert list(met([Line("idle", "this", [], figures)]).values()) == [False]


def test_busy_is_judged_from_outside() -> None:
    assert list(met([Line("busy", "this", [GOOD], {"tick_late_p99_ms": 4.9})]).values()) == [True]
    assert list(met([Line("busy", "this", [GOOD], {"tick_late_p99_ms": 5.0})]).values()) == [False]


def test_each_server_has_verdicts_and_rows_of_its_own() -> None:
    lines = [Line("ramp", "before", [at(1500, per_s=20)]), Line("ramp", "this", [at(1500)])]
    rows = target_table(verdicts(lines)).splitlines()
    assert [row.split("|")[2].strip() for row in rows[2:] if "1,500" in row] == ["before", "this"]
    assert "| before | 1500 | 20.00" in table(lines)
    assert "| this | 1500 | 49.90" in table(lines)


def test_a_late_generator_is_named_in_the_row() -> None:
    window = replace(GOOD, cost=replace(GOOD.cost, generator_late_p99_ms=20.0))
    assert "good (generator late)" in table([Line("ramp", "this", [window])])
