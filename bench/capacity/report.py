"""The files of a run: ``results.json``, ``table.md`` and plots."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson

from bench.capacity.plan import AIMS
from bench.capacity.plot import plots
from bench.capacity.results import Line, as_json
from bench.capacity.setup import Setup
from bench.capacity.table import table

__all__ = ["machine", "write_report"]


def machine() -> dict[str, object]:
    """Return on what the results depend, besides the server."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith(("model name", "cpu family", "model\t"))
    ]
    return {
        "cpu": " ".join(dict.fromkeys(models)),
        "cores": os.cpu_count() or 1,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def write_report(folder: Path, begin: datetime, servers: Sequence[Setup], lines: Sequence[Line]) -> None:
    """Write all files of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "begin": begin.isoformat(timespec="seconds"),
        "end": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "aims": AIMS,
        "servers": [
            {
                "name": setup.name,
                "version": setup.version(),
                "server_cores": sorted(setup.server_cores),
                "generator_cores": sorted(setup.generator_cores),
                "privileged": setup.privileged,
            }
            for setup in servers
        ],
        "lines": [as_json(line) for line in lines],
    }
    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
    (folder / "results.json").write_bytes(orjson.dumps(content, option=options))
    (folder / "table.md").write_text(table(lines))
    for name, svg in plots(lines).items():
        (folder / f"{name}.svg").write_text(svg)
