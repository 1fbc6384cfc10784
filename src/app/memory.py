"""Huge pages: with a thousand ports, finding memory costs more than reading it.

A tick touches a few cache lines in each of many thousand pages, more than the processor keeps the
addresses of, and looking one up again costs several reads. glibc asks the kernel for pages of 2 MB
when a tunable says so; it reads that before ``main``, so the process has to start once more.
"""

import os
import sys
from pathlib import Path
from typing import Final

__all__ = ["use_huge_pages"]

_TUNABLES: Final = "GLIBC_TUNABLES"
_HUGE_PAGES: Final = "glibc.malloc.hugetlb=1"
_MARK: Final = "mixminus_huge_pages"
"""Of a process that was started again: ``python -X`` takes any word."""
_POLICY: Final = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def use_huge_pages() -> None:
    """Start this process again with huge pages, unless it has them already or nobody gives any."""
    if _MARK in sys._xoptions:
        # Only this process is that large; what it starts is not.
        os.environ.pop(_TUNABLES, None)
        return
    if _TUNABLES in os.environ or not _given_on_request():
        return
    os.environ[_TUNABLES] = _HUGE_PAGES
    os.execv(sys.executable, [sys.executable, "-X", _MARK, *sys.orig_argv[1:]])


def _given_on_request() -> bool:
    try:
        return "[madvise]" in _POLICY.read_text()
    except OSError:
        return False
