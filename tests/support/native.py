"""The engine's C files as a plain shared library, for tests that call one function.

Built with the sanitizers when ``MIXMINUS_SANITIZE=1`` (``make debug``).
"""

import ctypes
import functools
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Wno-unused-parameter", "-Werror"]
_SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]


@functools.cache
def library() -> ctypes.CDLL:
    """Compile ``native/*/*.c`` when any is newer than the library, and load it."""
    sanitize = os.environ.get("MIXMINUS_SANITIZE") == "1"
    target = ROOT / "build" / "native" / ("libmixminus-debug.so" if sanitize else "libmixminus.so")
    sources = sorted((ROOT / "native").glob("*/*.c"))
    inputs = [*sources, *(ROOT / "native").rglob("*.h")]
    if not target.exists() or target.stat().st_mtime < max(path.stat().st_mtime for path in inputs):
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_suffix(f".{os.getpid()}")
        flags = ["-g", "-O1", *_SANITIZERS] if sanitize else ["-g", "-O3"]
        command = ["gcc", "-std=c11", "-fPIC", "-shared", *flags, *_WARNINGS, "-I", str(ROOT / "native")]
        subprocess.run(
            [*command, *map(str, sources), "-o", str(scratch), "-lm", "-lpthread", "-ldl"], check=True
        )
        scratch.rename(target)
    return ctypes.CDLL(str(target), mode=ctypes.RTLD_LOCAL)
