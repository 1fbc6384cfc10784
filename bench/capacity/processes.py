"""CPU time and memory of a server's processes and threads, by role, from ``/proc``."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

__all__ = [
    "MAIN_PROCESS",
    "MAIN_THREAD",
    "CpuReading",
    "anonymous_mb",
    "cpu_percent",
    "memory_mb",
    "process_count",
    "process_tree",
    "read_cpu",
    "waiting_percent",
]

MAIN_THREAD: Final = "main thread"
_ROLES: Final = {
    "mm-shard": "mixing threads",
    "mm-mux": "browsers' port",
    "mm-sip-edge": "SIP edge",
    "mm-sip-zygote": "SIP zygote",
    "mm-sip-worker": "SIP workers",
    "mm-database": "database thread",
}
"""By the beginning of a thread's name. A thread without a name of its own has its process's."""
_UNNAMED: Final = "database and other threads"
MAIN_PROCESS: Final = "main process"

CpuReading = dict[tuple[int, int], tuple[str, int, int]]
"""By process and thread: role, ns on a core, ns waiting for one."""


def process_tree(root: int) -> list[int]:
    """Return a process and its descendants."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        try:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += map(int, children.read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _role(name: str) -> str | None:
    return next((role for prefix, role in _ROLES.items() if name.startswith(prefix)), None)


def _thread_role(root: int, pid: int, tid: int, name: str) -> str:
    if pid != root:
        # A worker's threads belong to the worker, whatever they are called.
        return _process_role(root, pid)
    return _role(name) or (MAIN_THREAD if tid == pid else _UNNAMED)


def _process_role(root: int, pid: int) -> str:
    name = Path(f"/proc/{pid}/comm").read_text().strip()
    return MAIN_PROCESS if pid == root else _role(name) or name


def read_cpu(root: int) -> CpuReading:
    """Return the CPU time of each thread of a process tree (``/proc/PID/task/TID/schedstat``)."""
    reading: CpuReading = {}
    for pid in process_tree(root):
        for task in Path(f"/proc/{pid}/task").glob("*"):
            try:
                running, waiting, _ = (task / "schedstat").read_text().split()
                name = (task / "comm").read_text().strip()
                role = _thread_role(root, pid, int(task.name), name)
            except (FileNotFoundError, ProcessLookupError):
                continue
            reading[pid, int(task.name)] = (role, int(running), int(waiting))
    return reading


def _percent(before: CpuReading, after: CpuReading, seconds: float, column: int) -> dict[str, float]:
    used: Counter[str] = Counter()
    for thread, values in after.items():
        used[str(values[0])] += int(values[column]) - (int(before[thread][column]) if thread in before else 0)
    return {role: used[role] / seconds / 1e7 for role in sorted(used)}


def cpu_percent(before: CpuReading, after: CpuReading, seconds: float) -> dict[str, float]:
    """Return the share of one core that each role used; a thread that ended in between is left out."""
    return _percent(before, after, seconds, 1)


def waiting_percent(before: CpuReading, after: CpuReading, seconds: float) -> dict[str, float]:
    """Return the share of the time that each role was runnable without a core."""
    return _percent(before, after, seconds, 2)


def _rollup_kb(pid: int, names: Sequence[str]) -> int:
    """Return the sum of some lines of ``/proc/PID/smaps_rollup``."""
    rows = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return sum(int(row[1]) for row in rows if row[0].rstrip(":") in names)


def _by_role(root: int, *names: str) -> dict[str, float]:
    found: defaultdict[str, int] = defaultdict(int)
    for pid in process_tree(root):
        try:
            role = _process_role(root, pid)
            found[role] += _rollup_kb(pid, names)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return {role: found[role] / 1024 for role in sorted(found)}


def memory_mb(root: int) -> dict[str, float]:
    """Return the proportional set size by role: a page that processes share counts once in all."""
    return _by_role(root, "Pss")


def anonymous_mb(root: int) -> dict[str, float]:
    """Return the memory that the processes have allocated, by role, with shared pages counted once in all.

    Pages of files are left out: other programs share the pages of libraries, so their proportional size changes with
    what else runs, and the kernel takes them back when it needs memory.
    """
    return _by_role(root, "Pss_Anon", "Pss_Shmem")


def process_count(root: int, role: str) -> int:
    """Return how many processes of a role there are."""
    count = 0
    for pid in process_tree(root):
        try:
            count += _process_role(root, pid) == role
        except (FileNotFoundError, ProcessLookupError):
            continue
    return count
