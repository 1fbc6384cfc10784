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
from bench.capacity.table import table, target_table
from bench.capacity.targets import verdicts

__all__ = ["machine", "markdown", "write_report"]


def machine() -> dict[str, object]:
    """Return on what the results depend, besides the server."""
    models = [
        ("family " if line.startswith("cpu family") else "") + line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith(("model name", "cpu family"))
    ]
    return {
        "cpu": " ".join(dict.fromkeys(models)),
        "cores": os.cpu_count() or 1,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def markdown(begin: datetime, servers: Sequence[Setup], lines: Sequence[Line]) -> str:
    """Return the run as it stands in ``bench/README.md``: where and when, the targets, the tables."""
    here = machine()
    versions = ", ".join(f"{setup.name}: {setup.version()}" for setup in servers)
    load = max((window.load_average for line in lines for window in line.windows), default=0.0)
    head = (
        f"{begin:%-d %B %Y}; {here['cores']} cores of {here['cpu']}, Linux {here['kernel']}; load average up to"
        f" {load:.1f}, with what is measured. Servers: {versions}.\n\n"
    )
    return head + "\n".join(part for part in (target_table(verdicts(lines)), table(lines)) if part)


def write_report(folder: Path, begin: datetime, servers: Sequence[Setup], lines: Sequence[Line]) -> None:
    """Write all files of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "begin": begin.isoformat(timespec="seconds"),
        "end": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "aims": AIMS,
        "targets": verdicts(lines),
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
    (folder / "table.md").write_text(markdown(begin, servers, lines))
    for name, svg in plots(lines).items():
        (folder / f"{name}.svg").write_text(svg)
