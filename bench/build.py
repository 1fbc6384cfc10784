"""Compile the C in ``bench/native`` against the engine's, with the engine's flags."""

import ctypes
import subprocess
from pathlib import Path
from typing import Final

__all__ = ["build", "build_program", "load"]

_ROOT: Final = Path(__file__).resolve().parents[1]
_FLAGS: Final = ["-std=gnu11", "-O3", "-falign-functions=64", "-Wall", "-Wextra", "-Wno-unused-parameter"]
_PROGRAM_FLAGS: Final = ["-std=gnu11", "-O3", "-Wall", "-Wextra"]
_LIBRARIES: Final = ["-lm", "-lpthread", "-ldl"]


def build(name: str, *others: str) -> Path:
    """Build a shared library of ``bench/native/<name>.c``, other files of that folder, and the engine."""
    target = _ROOT / "build" / "bench" / f"{name}.so"
    sources = [_ROOT / "bench" / "native" / f"{each}.c" for each in (name, *others)]
    sources += sorted((_ROOT / "native").glob("*/*.c"))
    inputs = [*sources, *(_ROOT / "native").rglob("*.h"), *(_ROOT / "bench" / "native").glob("*.h")]
    if target.exists() and target.stat().st_mtime > max(path.stat().st_mtime for path in inputs):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    includes = ["-I", str(_ROOT / "native"), "-I", str(_ROOT / "bench" / "native")]
    subprocess.run(
        ["gcc", *_FLAGS, "-fPIC", "-shared", *includes, *map(str, sources), "-o", str(target), *_LIBRARIES],
        check=True,
    )
    return target


def build_program(name: str, *others: str) -> Path:
    """Build a program of ``bench/native``, which needs nothing of the engine."""
    target = _ROOT / "build" / "bench" / name
    sources = [_ROOT / "bench" / "native" / f"{each}.c" for each in (name, *others)]
    inputs = [*sources, *(_ROOT / "bench" / "native").glob("*.h")]
    if not target.exists() or target.stat().st_mtime <= max(path.stat().st_mtime for path in inputs):
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", *_PROGRAM_FLAGS, *map(str, sources), "-o", str(target)], check=True)
    return target


def load(name: str) -> ctypes.CDLL:
    """Compile and load."""
    return ctypes.CDLL(str(build(name)))
