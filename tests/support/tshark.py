"""tshark: what Wireshark's dissectors read in a capture."""

import csv
import io
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

__all__ = ["fields", "warnings"]

_TIMEOUT_S = 60


def fields(path: Path, names: Sequence[str], *, display_filter: str = "") -> list[dict[str, str]]:
    """Return these fields of each packet that passes the filter; several values are separated by semicolons."""
    options = [part for name in names for part in ("-e", name)]
    options += [
        "-T",
        "fields",
        "-E",
        "separator=,",
        "-E",
        "quote=d",
        "-E",
        "occurrence=a",
        "-E",
        "aggregator=;",
    ]
    text = _run(path, *options, *(("-Y", display_filter) if display_filter else ()))
    return [dict(zip(names, row, strict=True)) for row in csv.reader(io.StringIO(text))]


def warnings(path: Path) -> str:
    """Return what the dissectors find wrong: malformed packets, bad checksums, lost segments."""
    checks = [part for name in ("ip", "udp", "tcp") for part in ("-o", f"{name}.check_checksum:TRUE")]
    found = "_ws.malformed || _ws.expert.severity >= warning || ip.checksum.status == 0"
    found += " || udp.checksum.status == 0 || tcp.checksum.status == 0"
    return _run(path, *checks, "-Y", found)


def _run(path: Path, *options: str) -> str:
    program = shutil.which("tshark")
    assert program, "tshark is missing: apt-get install tshark"
    # No name is looked up, and nothing is read from the user's profile.
    done = subprocess.run(
        [program, "-n", "-r", str(path), *options],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
        env={"HOME": str(path.parent), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
