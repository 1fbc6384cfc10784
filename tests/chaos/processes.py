"""The processes of one server, found by name and data folder: also those whose parent was killed."""

from pathlib import Path

import psutil

__all__ = ["alive", "named", "replaced"]


def named(folder: Path, name: str) -> list[psutil.Process]:
    """Return the running processes of the server of a folder that have this name."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == name and process.environ().get("MIXMINUS_DATA_DIR") == str(folder / "data"):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def alive(process: psutil.Process) -> bool:
    """Return whether a process runs or is stopped; a zombie does neither."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def replaced(folder: Path, name: str, lost: list[psutil.Process]) -> bool:
    """Return whether all of these processes have ended and as many others run."""
    return not any(map(alive, lost)) and len(named(folder, name)) >= len(lost)
