"""Huge pages are requested by a restart, once, and only if the kernel offers them."""

import os
import subprocess
import sys

from mixminus.app.huge_pages import _POLICY

PROGRAM = """
import os, sys
print(os.getpid())
from mixminus.app.huge_pages import use_huge_pages
use_huge_pages()
print(os.getpid(), sys.argv[1:], os.environ.get("GLIBC_TUNABLES"), "mixminus_huge_pages" in sys._xoptions)
"""
ON_REQUEST = _POLICY.exists() and "[madvise]" in _POLICY.read_text()


def _run(**environment: str) -> list[str]:
    surroundings = {name: value for name, value in os.environ.items() if name != "GLIBC_TUNABLES"}
    return subprocess.run(
        [sys.executable, "-u", "-c", PROGRAM, "an argument"],
        env=surroundings | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout.splitlines()


def test_the_process_keeps_its_id_and_does_not_affect_its_children() -> None:
    lines = _run()
    assert len(lines) == (3 if ON_REQUEST else 2)
    assert lines[-1] == f"{lines[0]} ['an argument'] None {ON_REQUEST}"


def test_the_operators_own_tunables_stand() -> None:
    lines = _run(GLIBC_TUNABLES="glibc.malloc.arena_max=2")
    assert lines[1:] == [f"{lines[0]} ['an argument'] glibc.malloc.arena_max=2 False"]
