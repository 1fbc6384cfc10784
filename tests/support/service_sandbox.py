"""Run a command under the limits of a systemd unit, without systemd: ``python -m tests.support.service_sandbox UNIT COMMAND …``.

Applies what can be applied to a process of its own: resource limits, umask, capabilities, NoNewPrivileges, SystemCallFilter and
MemoryDenyWriteExecute. Mount namespaces (ProtectSystem and its like) and control groups are left out. Needs root, libseccomp2 and systemd.
"""

import ctypes
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["can_raise_limits", "command_in", "directives"]

_ALLOW: Final = 0x7FFF0000
_EPERM: Final = 0x00050001
_MASKED_EQUAL: Final = 7
_WRITE_EXEC: Final = 0x6
_EXEC: Final = 0x4
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAPBSET_DROP: Final = 24
_LAST_CAPABILITY: Final = Path("/proc/sys/kernel/cap_last_cap")
_CAP_SYS_RESOURCE: Final = 24
_LIMITS: Final = {"LimitRTPRIO": resource.RLIMIT_RTPRIO, "LimitNOFILE": resource.RLIMIT_NOFILE}
_PROTECTION: Final = 2
"""Index of the protection among the arguments of mmap, mprotect and pkey_mprotect."""


class _Comparison(ctypes.Structure):
    """``struct scmp_arg_cmp``."""

    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def directives(unit: Path) -> Iterator[tuple[str, str]]:
    """Yield the directives of a unit file in order, as name and value."""
    for line in unit.read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith(("#", "[")):
            yield name, value


def command_in(unit: Path) -> list[str]:
    """Return the command that executes another one under the limits of the unit."""
    return [sys.executable, "-m", "tests.support.service_sandbox", str(unit)]


def can_raise_limits() -> bool:
    """Return whether this process may raise hard limits (CAP_SYS_RESOURCE)."""
    effective = next(line for line in Path("/proc/self/status").read_text().splitlines() if "CapEff" in line)
    return bool(int(effective.split()[1], 16) >> _CAP_SYS_RESOURCE & 1)


def _members(group: str) -> set[str]:
    """Return the system calls of a group such as ``@system-service``, as systemd lists them."""
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True
    ).stdout
    words = {line.strip() for line in listed.splitlines()[1:] if line.strip() and "#" not in line}
    nested = {word for word in words if word.startswith("@")}
    return (words - nested).union(*map(_members, nested))


def _permitted(unit: Path) -> set[str]:
    calls: set[str] = set()
    for name, value in directives(unit):
        if name != "SystemCallFilter":
            continue
        group = set[str]().union(*map(_members, value.removeprefix("~").split()))
        calls = calls - group if value.startswith("~") else calls | group
    # systemd always permits what a process needs to begin and to end.
    return calls | _members("@default") | {"execve"}


def _filter_calls(names: set[str], *, deny_write_execute: bool) -> None:
    """Refuse all other system calls with EPERM; memory that is writable and executable too, if asked to."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(_EPERM))
    masks = {"mmap": _WRITE_EXEC, "mprotect": _EXEC, "pkey_mprotect": _EXEC} if deny_write_execute else {}
    for name in names:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            continue
        if name not in masks:
            assert library.seccomp_rule_add_array(context, _ALLOW, number, 0, None) == 0, name
            continue
        # A rule matches one value of the masked bits: permit each but the forbidden one.
        mask = masks[name]
        for bits in range(mask + 1):
            if bits & ~mask or bits == mask:
                continue
            comparison = _Comparison(_PROTECTION, _MASKED_EQUAL, mask, bits)
            assert (
                library.seccomp_rule_add_array(context, _ALLOW, number, 1, ctypes.byref(comparison)) == 0
            ), name
    assert library.seccomp_load(context) == 0


def main() -> None:
    """Limit this process, and replace it by the command."""
    unit, command = Path(sys.argv[1]), sys.argv[2:]
    values = dict(directives(unit))
    for name, limit in _LIMITS.items():
        try:
            resource.setrlimit(limit, (int(values[name]), int(values[name])))
        except ValueError:  # a container without CAP_SYS_RESOURCE: its own limits stay
            continue
    os.umask(int(values["UMask"], 8))
    permitted = _permitted(unit)
    libc = ctypes.CDLL(None, use_errno=True)
    if values["CapabilityBoundingSet"] == "":
        # The program that is executed next has none, although it is root's.
        for capability in range(int(_LAST_CAPABILITY.read_text()) + 1):
            assert libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0
    assert libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    _filter_calls(permitted, deny_write_execute=values["MemoryDenyWriteExecute"] == "yes")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
