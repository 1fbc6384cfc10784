"""The C code of the measurements compiles with the current engine."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "bench" / "native").glob("*.c"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_source_of_bench_compiles(source: Path) -> None:
    includes = ["-I", str(ROOT / "native"), "-I", str(ROOT / "bench" / "native")]
    command = ["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-fsyntax-only"]
    done = subprocess.run([*command, *includes, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
