"""Mixing comes first: real-time priority where the kernel grants it, else everything else steps back."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil
import pytest
from aiohttp import ClientSession

from mixminus.app.cores import usable_cores
from mixminus.app.priority import STEP_BACK
from tests.app.server import KEY, Server, serve

PRIORITY: Final = 20
UNPRIVILEGED: Final = ("setpriv", "--bounding-set=-sys_nice", "prlimit", "--rtprio=0:0", "--nice=0:0", "--")
"""Executes the server without CAP_SYS_NICE, and with no limit that would replace it: as any normal user."""
LIMITED: Final = ("prlimit", f"--rtprio={PRIORITY}:{PRIORITY}", "setpriv", "--bounding-set=-sys_nice", "--")
"""As a service manager does that allows a user real-time priority."""


def works(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


GRANTS: Final = [
    pytest.param(
        (),
        id="capability",
        marks=pytest.mark.skipif(
            not works("chrt", "--fifo", str(PRIORITY), "true"), reason="this user has no CAP_SYS_NICE"
        ),
    ),
    pytest.param(
        LIMITED,
        id="limit",
        marks=pytest.mark.skipif(
            not works(*LIMITED[:2], "true"), reason="this user may not raise RLIMIT_RTPRIO"
        ),
    ),
]
"""How a service manager or a container grants real-time priority."""


def threads(pid: int) -> dict[str, set[tuple[int, int]]]:
    """Return policy and nice value of a process's threads, by thread name."""
    found: dict[str, set[tuple[int, int]]] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        thread = int(task.name)
        name = (task / "comm").read_text().strip()
        values = os.sched_getscheduler(thread), os.getpriority(os.PRIO_PROCESS, thread)
        found.setdefault(name, set()).add(values)
    return found


def children(server: Server) -> dict[str, set[tuple[int, int]]]:
    """Return policy and nice value of all threads of the server's processes, by process name."""
    return {
        (Path(f"/proc/{child.pid}") / "comm").read_text().strip(): set.union(*threads(child.pid).values())
        for child in psutil.Process(server.process.pid).children(recursive=True)
    }


def kernel() -> tuple[int, ...]:
    return tuple(map(int, os.uname().release.split("-")[0].split(".")[:2]))


KEEPS_SLICES: Final = kernel() >= (6, 12)
SHORTEST_SLICE_US: Final = 100


async def gauges(server: Server) -> dict[str, float]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with ClientSession(headers=headers) as session, session.get(f"{server.base}/metrics") as response:
        lines = (await response.text()).splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


async def test_unprivileged_everything_but_mixing_steps_back(tmp_path: Path) -> None:
    async with serve(tmp_path, launcher=UNPRIVILEGED) as server:
        base = os.getpriority(os.PRIO_PROCESS, 0)
        stepped = (os.SCHED_OTHER, base + STEP_BACK)
        found = threads(server.process.pid)
        assert found.pop("mm-shard") == found.pop("mm-mux") == {(os.SCHED_OTHER, base)}
        assert set.union(*found.values()) == {stepped}
        processes = children(server)
        assert {"mm-sip-edge", "mm-sip-zygote", "mm-sip-worker"} <= processes.keys()
        assert set.union(*processes.values()) == {stepped}
        shown = await gauges(server)
        assert shown["mixminus_mixing_realtime"] == 0
        assert (shown["mixminus_mixing_nice"], shown["mixminus_others_nice"]) == (base, base + STEP_BACK)
        assert shown["mixminus_mixing_slice_us"] == (SHORTEST_SLICE_US if KEEPS_SLICES else 0)
        await server.stop(signal.SIGTERM)
    (line,) = [line for line in server.stderr.splitlines() if "priority" in line]
    assert "real-time priority refused" in line
    assert f"others_nice={base + STEP_BACK}" in line
    assert "LimitRTPRIO" in line


@pytest.mark.parametrize("launcher", GRANTS)
async def test_real_time_priority_is_used_where_it_is_granted(
    tmp_path: Path, launcher: Sequence[str]
) -> None:
    async with serve(tmp_path, launcher=launcher, settings={"MIXMINUS_REALTIME": "on"}) as server:
        found = threads(server.process.pid)
        assert {policy for policy, _ in found.pop("mm-shard") | found.pop("mm-mux")} == {os.SCHED_FIFO}
        base = (os.SCHED_OTHER, os.getpriority(os.PRIO_PROCESS, 0))
        assert set.union(*found.values()) == {base}
        assert set.union(*children(server).values()) == {base}
        assert (await gauges(server))["mixminus_mixing_realtime"] == 1
        await server.stop(signal.SIGTERM)
    assert "mixing has real-time priority" in server.stderr


async def test_on_refuses_to_start_without_it(tmp_path: Path) -> None:
    settings = {"MIXMINUS_REALTIME": "on"}
    async with serve(tmp_path, launcher=UNPRIVILEGED, settings=settings, ready=False) as server:
        assert await server.wait() == 1
    assert "MIXMINUS_REALTIME" in server.stderr
    assert "LimitRTPRIO" in server.stderr
    assert "Traceback" not in server.stderr


@pytest.mark.parametrize("launcher", GRANTS)
async def test_off_requests_nothing(tmp_path: Path, launcher: Sequence[str]) -> None:
    async with serve(tmp_path, launcher=launcher, settings={"MIXMINUS_REALTIME": "off"}) as server:
        found = threads(server.process.pid)
        assert {policy for each in found.values() for policy, _ in each} == {os.SCHED_OTHER}
        await server.stop(signal.SIGTERM)
    assert "refused" not in server.stderr


def shards(server: Server) -> int:
    tasks = Path(f"/proc/{server.process.pid}/task").iterdir()
    return sum((task / "comm").read_text().strip() == "mm-shard" for task in tasks)


async def test_a_mixing_thread_for_each_core_unless_set(tmp_path: Path) -> None:
    async with serve(tmp_path, launcher=("taskset", "--cpu-list", "0")) as server:
        assert shards(server) == 1
    async with serve(tmp_path) as server:
        assert shards(server) == usable_cores()
    async with serve(tmp_path, settings={"MIXMINUS_SHARDS": "3"}) as server:
        assert shards(server) == 3


@pytest.mark.parametrize(
    ("limit", "cores"),
    [
        ("max 100000", 10**6),
        ("150000 100000", 2),
        ("100000 100000", 1),
        ("20000 100000", 1),
        ("", 10**6),
    ],
)
def test_the_limit_of_a_container_counts(tmp_path: Path, limit: str, cores: int) -> None:
    (tmp_path / "cpu.max").write_text(limit)
    assert usable_cores(tmp_path / "cpu.max") == min(cores, len(os.sched_getaffinity(0)))
    assert usable_cores(tmp_path / "absent") == len(os.sched_getaffinity(0))
