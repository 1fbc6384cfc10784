"""Output for people, as tables and lines, and for programs, as JSON."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from mixminus.cli.common import is_json
from mixminus.clock import SystemClock

__all__ = ["age", "console", "fields", "line", "listed", "records", "shown", "table"]

NIL: Final = "00000000-0000-0000-0000-000000000000"
UNBROKEN: Final = 10_000
console: Final = Console(highlight=False, width=None if sys.stdout.isatty() else UNBROKEN)
"""Where the output is no terminal, text has no colour, and a row is one line."""


def listed(rows: Iterable[BaseModel], columns: Mapping[str, Any]) -> None:
    """Print rows as a table; a column is a function of a row, by its heading. In JSON, each row whole."""
    if is_json():
        _print_json([row.model_dump(mode="json") for row in rows])
        return
    console.print(table(rows, columns))


def records(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows that have the same names as a table; in JSON as they are."""
    if is_json():
        _print_json(rows)
        return
    names = list(rows[0]) if rows else []
    console.print(table(rows, {name: itemgetter(name) for name in names}))


def table(rows: Iterable[Any], columns: Mapping[str, Any]) -> Table:
    """Return rows as a table."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        made.add_column(name, no_wrap=name in {"id", "created"}, overflow="fold")
    for row in rows:
        made.add_row(*(_text(column(row)) for column in columns.values()))
    return made


def shown(subject: BaseModel) -> None:
    """Print everything about one resource; in JSON as the API has it."""
    if is_json():
        _print_json(subject.model_dump(mode="json"))
        return
    fields({name: getattr(subject, name) for name in type(subject).model_fields})


def fields(values: Mapping[str, Any]) -> None:
    """Print names and values, without those that are empty."""
    width = max(map(len, values), default=0)
    for name, value in values.items():
        if value not in (None, "", [], {}) and str(value) != NIL:
            console.print(f"{name:{width}}  {_text(value)}", markup=False, soft_wrap=True)


def line(text: str, /, **data: Any) -> None:
    """Print one line about what was done; in JSON, its data."""
    if is_json():
        sys.stdout.write(json.dumps(data, default=str) + "\n")
        sys.stdout.flush()
    else:
        console.print(text, markup=False, soft_wrap=True)


def age(moment: datetime | None) -> str:
    """Return how long ago something was, in one unit."""
    if moment is None:
        return ""
    seconds = int((SystemClock().now() - moment).total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{max(seconds, 0)} s"


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_text(each) for each in value)
    if isinstance(value, Mapping):
        return json.dumps(value, default=str)
    return "" if value is None else str(value)
