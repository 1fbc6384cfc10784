"""Huge pages: with a thousand ports, address translation costs more than reading memory.

A tick touches a few cache lines in each of many thousand pages, more than the TLB holds, and a TLB miss
costs several reads. glibc requests pages of 2 MB when a tunable is set; it reads the tunable before
``main``, so the process has to start once more.
"""

import os
import sys
from pathlib import Path
from typing import Final

__all__ = ["use_huge_pages"]

_TUNABLES: Final = "GLIBC_TUNABLES"
_HUGE_PAGES: Final = "glibc.malloc.hugetlb=1"
_MARK: Final = "mixminus_huge_pages"
"""Marks the restarted process: ``python -X`` accepts any word."""
_POLICY: Final = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def use_huge_pages() -> None:
    """Restart this process with huge pages, unless it has them or the kernel does not offer them."""
    if _MARK in sys._xoptions:
        # Child processes are small and do not need it.
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
