"""The console is built from this tree, once for all tests."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def built() -> Path:
    """Build the console unless it is current; return its folder."""
    subprocess.run([ROOT / "tools/build_console.sh", sys.executable], check=True, timeout=600)
    return ROOT / "src/console/built"
