"""Checks of the machine: clock, disk, cores, priorities and limits."""

import ctypes
import os
import resource
import shutil
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from mixminus.app.cores import usable_cores
from mixminus.app.doctor.finding import Finding, failed, good, warning
from mixminus.app.priority import ADVICE
from mixminus.app.settings import Settings, setting_name

__all__ = ["check_machine"]

TIMEX_BYTES: Final = 208
"""Of struct timex, 64 bits (adjtimex(2))."""
TIME_ERROR: Final = 5
"""What adjtimex returns while the clock is not synchronised."""
OLDEST: Final = datetime(2026, 1, 1, tzinfo=UTC)
SAMPLE_BYTES: Final = 2
HOUR_S: Final = 3600
LEAST_FREE_BYTES: Final = 1 << 30
LOW_FREE_BYTES: Final = 10 << 30
FILES_A_CALL: Final = 4
"""Two sockets of its audio, and what its recording and its HTTP client hold."""
FILES_OF_THE_SERVER: Final = 256
MIXING_CORES: Final = 2


def check_machine(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Check what the server shares with everything else on the machine."""
    yield _clock(now)
    yield _disk(settings)
    yield _cores()
    yield _priority(settings)
    yield _files(settings)


def _clock(now: datetime) -> Finding:
    shown = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now < OLDEST:
        remedy = "set the clock: certificates, guest links and access keys depend on it"
        return failed("clock", f"{shown} cannot be right", remedy)
    if _is_synchronised():
        return good("clock", f"{shown}, synchronised")
    remedy = "run an NTP client, such as systemd-timesyncd or chrony; in a container, on its host"
    return warning("clock", f"{shown}, not synchronised", remedy)


def _is_synchronised() -> bool:
    """Ask the kernel, which NTP clients keep informed; without modes it changes nothing."""
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    return bool(0 <= state < TIME_ERROR)


def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    name = setting_name("data_dir")
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        return failed(
            "disk", f"{folder} cannot be written ({error.strerror})", f"make it writable, or set {name}"
        )
    hours = free // (settings.recording_sample_rate_hz * SAMPLE_BYTES * HOUR_S)
    found = f"{folder} has {free / (1 << 30):.1f} GiB free: {hours} hours of recordings"
    remedy = (
        f"free space, set {name} to a larger disk, {setting_name('recording_retention_days')} to delete old recordings, "
        f"or {setting_name('recording_storage_url')} to store them elsewhere"
    )
    if free < LEAST_FREE_BYTES:
        return failed("disk", found, remedy)
    return warning("disk", found, remedy) if free < LOW_FREE_BYTES else good("disk", found)


def _cores() -> Finding:
    cores = usable_cores()
    if cores < MIXING_CORES:
        return warning(
            "cores", "the server may use one core", "give it two: speech and encoding compete with mixing"
        )
    return good("cores", f"the server may use {cores} cores")


def _priority(settings: Settings) -> Finding:
    if settings.realtime == "off":
        return good("priority", f"real-time priority is switched off ({setting_name('realtime')})")
    if _may_be_realtime():
        return good("priority", "the mixing threads get real-time priority")
    judge = failed if settings.realtime == "on" else warning
    return judge("priority", "the kernel refuses real-time priority: a busy machine is heard as gaps", ADVICE)


def _may_be_realtime() -> bool:
    """Try it in a thread that ends at once."""
    granted = []

    def attempt() -> None:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        except PermissionError:
            return
        granted.append(True)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return bool(granted)


def _files(settings: Settings) -> Finding:
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = FILES_OF_THE_SERVER + FILES_A_CALL * settings.sip_max_calls
    if limit != resource.RLIM_INFINITY and limit < needed:
        remedy = f"raise it to {needed}: systemd LimitNOFILE, docker --ulimit nofile, or ulimit -Hn"
        return warning(
            "files", f"{limit} files may be open; {settings.sip_max_calls} calls need more", remedy
        )
    return good(
        "files",
        "any number of files may be open"
        if limit == resource.RLIM_INFINITY
        else f"{limit} files may be open",
    )
