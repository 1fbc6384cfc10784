"""The capacity measurement from end to end, with a real server and few phones; no figure of time is judged."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest
from bench.capacity.__main__ import cores, measurements, parser, setups, steps
from bench.capacity.modes import busy, ramp, storm
from bench.capacity.plan import Aims, CodecName, Plan, Rooms
from bench.capacity.report import write_report
from bench.capacity.setup import Setup, all_cores
from bench.capacity.table import table

PLAN = Plan(4, talkers=2, seconds=3.0, join_rate=10.0)
NO_TIME = Aims(packets_per_s=0.0, delay_p99_ms=1e9, markers_heard=0.0)
HERE = Setup("this", all_cores(), all_cores())


def quiet(_: str) -> None:
    """Discard progress."""


@pytest.mark.timeout(400)
async def test_a_ramp_measures_each_number_of_phones() -> None:
    line = await ramp(HERE, PLAN, (3, 4), quiet)
    window = line.windows[-1]
    assert window.plan.phones == 4 or line.notes
    assert window.joins.answered == window.joins.asked
    assert window.packets.phones == window.plan.phones
    assert window.packets.per_s_min > 0
    assert 0 < window.delay.heard <= window.delay.sent
    assert window.delay.p50_ms > 0
    assert {"main thread", "mixing threads", "SIP workers", "SIP edge"} <= set(window.cost.server)
    assert window.cost.server_total == pytest.approx(sum(window.cost.server.values()))
    assert window.cost.generator_us > 0
    assert window.cost.ratio == pytest.approx(window.cost.server_us / window.cost.generator_us)
    assert window.memory is not None
    assert window.memory.total_mb > window.memory.growth_per_call_mb
    assert window.joins.setup_p50_ms > 0
    assert window.joins.first_audio_p50_ms > 0
    assert window.joins.cpu_ms > 0


@pytest.mark.timeout(400)
async def test_the_files_of_a_run_are_written_and_whole(tmp_path: Path) -> None:
    lines = [await ramp(HERE, replace(PLAN, codec=CodecName.OPUS, rooms=Rooms.PAIRS), (2, 4), quiet)]
    assert all(window.shortcomings(NO_TIME) == [] for window in lines[0].windows)
    write_report(tmp_path, datetime.now(UTC), [HERE], lines)
    content = orjson.loads((tmp_path / "results.json").read_bytes())
    assert content["servers"][0]["version"]
    assert content["lines"][0]["windows"][0]["plan"]["codec"] == "opus"
    assert "shortcomings" in content["lines"][0]["windows"][0]
    assert table(lines) in (tmp_path / "table.md").read_text()
    assert "rooms of two" in table(lines)
    drawn = ElementTree.parse(tmp_path / "opus-pairs.svg").getroot()
    assert drawn.tag.endswith("svg")


@pytest.mark.timeout(400)
async def test_phones_that_join_in_a_storm_are_not_counted_among_those_there() -> None:
    line = await storm(HERE, replace(PLAN, join_rate=20.0), 3, 0.2, quiet)
    window = line.windows[0]
    assert window.packets.phones == window.plan.phones == 3
    assert (window.joins.asked, window.joins.answered) == (4, 4)
    assert line.figures["joins_per_s"] > 0


@pytest.mark.timeout(400)
async def test_an_unprivileged_server_beside_busy_loops_is_measured_from_outside() -> None:
    line = await busy(HERE, replace(PLAN, seconds=2.0), quiet)
    assert line.figures["tick_late_max_ms"] >= line.figures["tick_late_p99_ms"] >= 0
    assert line.windows[0].packets.phones == 4


@pytest.mark.timeout(400)
async def test_a_target_that_runs_already_is_called_as_any_other_server(tmp_path: Path) -> None:
    async with HERE.server(max_calls=8) as server:
        uri = server.room_uri(server.new_room())
        line = await ramp(Setup("target", all_cores(), all_cores(), target=uri), PLAN, (4,), quiet)
        assert line.windows[0].packets.phones == 4
        assert line.windows[0].delay.heard > 0
        assert line.windows[0].memory is None
        with_pid = Setup("target", all_cores(), all_cores(), target=uri, pid=server.pid)
        line = await ramp(with_pid, PLAN, (4,), quiet)
        assert line.windows[0].cost.server_total > 0
        assert line.windows[0].memory is not None


def test_an_unprivileged_server_may_not_become_real_time() -> None:
    confine = Path(__file__).resolve().parents[2] / "bench" / "capacity" / "confine.py"
    script = (
        "import os\n"
        "try: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))\n"
        "except PermissionError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, str(confine), "0", "unprivileged", sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "refused"


def test_the_whole_set_and_each_mode_are_understood() -> None:
    titles = [title for title, _ in measurements(parser().parse_args(["--all"]))]
    assert len(titles) == 7
    for arguments in (
        ["--storm"],
        ["--idle"],
        ["--busy-loop"],
        ["--ramp"],
        ["--ramp", "2,4"],
        ["--phones", "9"],
    ):
        assert len(measurements(parser().parse_args(arguments))) == 1


def test_other_checkouts_are_measured_in_turn_with_this_one() -> None:
    options = parser().parse_args(
        ["--server-python", "before=/old/python", "--server-python", "/older/python"]
    )
    found = [(setup.name, setup.python) for setup in setups(options)]
    assert found == [("before", "/old/python"), ("other1", "/older/python"), ("this", sys.executable)]


def test_numbers_of_phones_and_cores_are_parsed() -> None:
    assert steps("10,100") == (10, 100)
    assert cores("0,2-3") == {0, 2, 3}
    with pytest.raises(Exception, match="must grow"):
        steps("100,10")
