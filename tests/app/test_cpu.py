"""CPU time by role: of threads and of processes, by their names."""

import subprocess
import sys
import threading
import time
from pathlib import Path

from aiohttp import ClientSession

from mixminus.app.cpu import ROLES, cpu_seconds
from mixminus.threads import name_thread
from tests.app.server import KEY, serve
from tests.support.waiting import eventually

BUSY_S = 0.3
NAMED = "from mixminus.threads import name_thread; import time; name_thread('mm-sip-edge')"


def burn(name: str, until: threading.Event) -> None:
    name_thread(name)
    while not until.is_set():
        pass


def test_a_busy_thread_counts_for_its_role() -> None:
    before, end = cpu_seconds(), threading.Event()
    thread = threading.Thread(target=burn, args=("mm-decode", end))
    thread.start()
    eventually(lambda: cpu_seconds()["sound"] - before["sound"] > BUSY_S, what="sound has used the processor")
    assert cpu_seconds()["mixing"] == before["mixing"]
    end.set()
    thread.join()
    eventually(lambda: cpu_seconds()["sound"] == before["sound"], what="an ended thread does not count")


def test_a_busy_process_counts_for_its_role() -> None:
    before = cpu_seconds()["sip_edge"]
    with subprocess.Popen([sys.executable, "-c", f"{NAMED}\nwhile True: pass"]) as process:
        eventually(lambda: cpu_seconds()["sip_edge"] - before > BUSY_S, what="the process has used it")
        process.kill()


def test_processes_that_end_meanwhile_are_left_out() -> None:
    end = time.monotonic() + 1
    while time.monotonic() < end:
        with subprocess.Popen(["true"]):
            assert set(cpu_seconds()) == {*ROLES.values(), "other"}


async def test_metrics_have_every_role(tmp_path: Path) -> None:
    async with (
        serve(tmp_path) as server,
        ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
        session.get(f"{server.base}/metrics") as response,
    ):
        lines = (await response.text()).splitlines()
    spent = {
        line.partition('"')[2].partition('"')[0]: float(line.split()[-1])
        for line in lines
        if line.startswith("mixminus_cpu_seconds{")
    }
    assert set(spent) == {*ROLES.values(), "other"}
    assert spent["control"] > 0 and spent["sip_edge"] > 0 and spent["sip_workers"] > 0
