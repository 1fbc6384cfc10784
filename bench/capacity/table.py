"""Results as tables: Markdown that is readable as text."""

from collections.abc import Iterable, Sequence
from typing import Final

from bench.capacity.plan import Rooms
from bench.capacity.results import Line, Window
from bench.capacity.targets import Verdict

__all__ = ["table", "target_table"]

_GENERATOR_LATE_MS: Final = 5.0
_ROOM_COLUMNS: Final = (
    "server",
    "phones",
    "packets/s min / p1 / median",
    "gap p99 / max, ms",
    "delay p50 / p99, ms",
    "CPU of a core: server (mixing, main, database, edge, workers)",
    "generator (a packet each way)",
    "ratio",
    "MB in all; a call (growth)",
    "joins/s, set-up p50 / p99, ms; CPU of a join, ms",
    "load",
    "verdict",
)


def table(lines: Sequence[Line]) -> str:
    """Return all lines, those of rooms as one table for each kind of room."""
    parts = []
    for title, group in _groups(lines):
        rows = [_row(line, window) for line in group for window in line.windows]
        if rows:
            parts += [f"**{title}**", _markdown(_ROOM_COLUMNS, rows)]
        parts += [_figures(line) for line in group if line.mode not in {"ramp", "steady"}]
        parts += [f"- {line.server}: {note}." for line in group for note in line.notes]
    return "\n\n".join(part for part in parts if part) + "\n"


def target_table(found: Sequence[Verdict]) -> str:
    """Return the targets, what was measured of each, and whether it is met."""
    words = {True: "met", False: "**not met**", None: "not tried"}
    rows = [[each.target, each.server, each.measured, words[each.met]] for each in found]
    return _markdown(("target", "server", "measured", ""), rows) + "\n" if rows else ""


def _groups(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(_title(line), []).append(line)
    return list(found.items())


def _title(line: Line) -> str:
    if line.mode == "idle":
        return "Idle"
    plan = line.windows[0].plan
    room = "rooms of two" if plan.rooms is Rooms.PAIRS else f"one room, {plan.talkers} talk"
    names = {"storm": "Storm of joins: ", "busy": "A busy loop on every core: "}
    return f"{names.get(line.mode, '')}{plan.codec.upper()}, {room}, background {plan.background}"


def _row(line: Line, window: Window) -> list[str]:
    packets, delay, cost, joins = window.packets, window.delay, window.cost, window.joins
    parts = [
        cost.server.get(role, 0.0)
        for role in ("mixing threads", "main thread", "database", "SIP edge", "SIP workers")
    ]
    parts[2] = sum(value for role, value in cost.server.items() if role.startswith("database"))
    server = (
        f"{cost.server_total:.1f} % ({', '.join(f'{each:.1f}' for each in parts)})" if cost.server else "-"
    )
    memory = window.memory
    late = " (generator late)" if cost.generator_late_p99_ms > _GENERATOR_LATE_MS else ""
    return [
        line.server,
        str(window.plan.phones),
        f"{packets.per_s_min:.2f} / {packets.per_s_p1:.2f} / {packets.per_s_median:.2f}",
        f"{packets.gap_p99_ms:.0f} / {packets.gap_max_ms:.0f}",
        f"{delay.p50_ms:.0f} / {delay.p99_ms:.0f}",
        server,
        f"{cost.generator:.1f} % ({cost.generator_us:.1f} us)",
        f"{cost.ratio:.2f}" if cost.server else "-",
        f"{memory.total_mb:.0f}; {memory.per_call_mb:.2f} ({memory.growth_per_call_mb:.2f})"
        if memory
        else "-",
        f"{joins.per_s:.0f}, {joins.setup_p50_ms:.0f} / {joins.setup_p99_ms:.0f}; {joins.cpu_ms:.1f}",
        f"{window.load_average:.1f}",
        ("; ".join(window.shortcomings()) or "good") + late,
    ]


def _figures(line: Line) -> str:
    rows = [[name.replace("_", " "), f"{value:.2f}"] for name, value in line.figures.items()]
    return _markdown((f"{line.mode} ({line.server})", ""), rows)


def _markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])
