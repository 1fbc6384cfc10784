"""The files of traces: for each one what it is (``<id>.json``) and what it has collected (``<id>.jsonl``), line by line.

Every method blocks on the disk.
"""

import os
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from mixminus.log import get
from mixminus.model.ids import CustomerId, TraceId
from mixminus.model.trace import Trace, TraceEndReason, TraceSpec, TraceStatus
from mixminus.trace.entries import Entry, decode

__all__ = ["TraceFiles"]

_FOLDER_MODE: Final = 0o750
_FILE_MODE: Final = 0o640

log = get("trace")


class TraceFiles:
    """A folder of traces, private to the server and its operator."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self) -> list[Trace]:
        """Return every trace; a file that cannot be read is left out and logged."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                found.append(_trace(orjson.loads(path.read_bytes())))
            except (OSError, orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
                log.warning("trace unreadable", file=path.name)
        return found

    def save(self, trace: Trace) -> None:
        """Write what a trace is; the file is replaced as a whole."""
        self._folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        path = self._path(trace.id, "json")
        part = path.with_suffix(".part")
        with self._open(part, os.O_TRUNC) as file:
            # Ids that asyncpg has read are of a subclass of UUID, which orjson does not write by itself.
            file.write(orjson.dumps(asdict(trace), default=str))
        part.replace(path)

    def append(self, trace_id: TraceId, lines: Iterable[bytes]) -> None:
        """Write entries behind those that are there."""
        with self._open(self._path(trace_id, "jsonl"), os.O_APPEND) as file:
            file.write(b"".join(line + b"\n" for line in lines))

    def read(self, trace_id: TraceId) -> list[Entry]:
        """Return the entries in their order; a line that a crash has cut ends them."""
        try:
            lines = self._path(trace_id, "jsonl").read_bytes().splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            try:
                found.append(decode(line))
            except ValueError:
                break
        return found

    def delete(self, trace_id: TraceId) -> None:
        """Remove a trace; harmless if it is not there."""
        for suffix in ("jsonl", "json"):
            self._path(trace_id, suffix).unlink(missing_ok=True)

    def _path(self, trace_id: TraceId, suffix: str) -> Path:
        return self._folder / f"{trace_id}.{suffix}"

    @staticmethod
    def _open(path: Path, flag: int) -> Any:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flag, _FILE_MODE)
        return os.fdopen(descriptor, "wb")


def _trace(fields: dict[str, Any]) -> Trace:
    spec = fields.pop("spec")
    return Trace(
        id=TraceId(UUID(fields.pop("id"))),
        customer_id=CustomerId(UUID(fields.pop("customer_id"))),
        spec=TraceSpec(**{**spec, "call_id": UUID(spec["call_id"])}),
        status=TraceStatus(fields.pop("status")),
        end_reason=TraceEndReason(fields.pop("end_reason")),
        call_ids=tuple(map(UUID, fields.pop("call_ids"))),
        **{name: _time(fields.pop(name)) for name in ("tm_create", "tm_expire", "tm_end", "tm_update")},
        **fields,
    )


def _time(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text)
