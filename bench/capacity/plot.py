"""Plots of ramps as SVG, plain enough to be read in a text editor."""

import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.capacity.plan import AIMS, Rooms
from bench.capacity.results import Line, Window

__all__ = ["Chart", "Series", "plots", "render"]

_WIDTH, _HEIGHT = 360, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 20, 28, 40
_LEGEND_STEP: Final = 14
_COLOURS: Final = ("#0b6e99", "#d9730d", "#448361", "#9065b0", "#c14c8a", "#787774")
_TICKS: Final = 4
_NEARLY_ALL: Final = 48.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """A line of a chart; dashed for what is compared with."""

    name: str
    points: Sequence[Point]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Series over the number of phones; ``aim`` is a horizontal line."""

    title: str
    unit: str
    series: Sequence[Series]
    aim: float | None = None
    lowest: float = 0.0

    @property
    def right(self) -> float:
        return max((x for each in self.series for x, _ in each.points), default=1.0)

    @property
    def top(self) -> float:
        highest = max((y for each in self.series for _, y in each.points), default=1.0)
        return max(highest, self.aim or 0.0, self.lowest + 1.0) * 1.05


def _nice(top: float) -> float:
    """Return a round step that divides an axis into about four."""
    step = top / _TICKS
    scale = 10 ** (len(str(int(step))) - 1) if step >= 1 else 0.1
    return next((scale * each for each in (1, 2, 5, 10) if scale * each >= step), step)


def _panel(chart: Chart, left: float) -> list[str]:
    """Render one chart in a column of its own."""

    def x(value: float) -> float:
        return left + _LEFT + value / chart.right * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        share = (min(max(value, chart.lowest), chart.top) - chart.lowest) / (chart.top - chart.lowest)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    out = [f'<text x="{left + _LEFT}" y="16" class="title">{html.escape(chart.title)}</text>']
    step = _nice(chart.top - chart.lowest)
    for number in range(int((chart.top - chart.lowest) / step) + 1):
        value = chart.lowest + number * step
        out.append(
            f'<path d="M{x(0):.1f} {y(value):.1f}H{left + _WIDTH - _RIGHT}" class="grid"/>'
            f'<text x="{x(0) - 6:.1f}" y="{y(value) + 4:.1f}" class="end">{value:g}{chart.unit}</text>'
        )
    step = _nice(chart.right)
    out += [
        f'<text x="{x(number * step):.1f}" y="{_HEIGHT - 22}" class="middle">{number * step:g}</text>'
        for number in range(int(chart.right / step) + 1)
    ]
    if chart.aim is not None:
        out.append(f'<path d="M{x(0):.1f} {y(chart.aim):.1f}H{left + _WIDTH - _RIGHT}" class="aim"/>')
    for number, each in enumerate(chart.series):
        colour = _COLOURS[number % len(_COLOURS)]
        path = "L".join(f"{x(px):.1f} {y(py):.1f}" for px, py in each.points)
        dash = ' stroke-dasharray="5 4"' if each.dashed else ""
        out.append(f'<path d="M{path}" stroke="{colour}" class="line"{dash}/>')
        out += [
            f'<circle cx="{x(px):.1f}" cy="{y(py):.1f}" r="2.5" fill="{colour}"/>' for px, py in each.points
        ]
        out.append(
            f'<text x="{left + _LEFT + 6}" y="{_HEIGHT + 6 + number * _LEGEND_STEP}" style="fill:{colour}">'
            f"{html.escape(each.name)}</text>"
        )
    return out


_STYLE: Final = (
    "text{font:11px sans-serif;fill:currentColor}.title{font-weight:bold}.end{text-anchor:end}"
    ".middle{text-anchor:middle}.grid{stroke:#8884;fill:none}.aim{stroke:#c00;stroke-dasharray:2 3;fill:none}"
    ".line{fill:none;stroke-width:2}"
)


def render(title: str, charts: Sequence[Chart]) -> str:
    """Return charts side by side under a title, on a white ground."""
    rows = max((len(chart.series) for chart in charts), default=0)
    width, height = _WIDTH * len(charts), _HEIGHT + 12 + rows * _LEGEND_STEP
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -22 {width} {height + 22}" role="img">',
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>",
        f'<rect y="-22" width="{width}" height="{height + 22}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="-6" class="title">{html.escape(title)}</text>',
    ]
    for number, chart in enumerate(charts):
        out += _panel(chart, number * _WIDTH)
    return "\n".join([*out, "</svg>"]) + "\n"


def _series(
    name: str, windows: Iterable[Window], value: Callable[[Window], float], *, dashed: bool
) -> Series:
    return Series(name, [(window.plan.phones, value(window)) for window in windows], dashed)


def _lowest(series: Iterable[Series]) -> float:
    """Return where the axis of packets begins: close to the aim unless a phone got far less."""
    return _NEARLY_ALL if all(y >= _NEARLY_ALL for each in series for _, y in each.points) else 0.0


def _database(window: Window) -> float:
    return sum(value for role, value in window.cost.server.items() if role.startswith("database"))


def _charts(lines: Sequence[Line]) -> list[Chart]:
    cpu: list[Series] = []
    delay: list[Series] = []
    packets: list[Series] = []
    for line in lines:
        several, last = len(lines) > 1, line is lines[-1]
        name = f", {line.server}" if several else ""
        parts: list[tuple[str, Callable[[Window], float]]] = [("whole server", lambda w: w.cost.server_total)]
        if last:
            parts += [
                ("mixing threads", lambda w: w.cost.server.get("mixing threads", 0.0)),
                ("main thread and database", lambda w: w.cost.server.get("main thread", 0.0) + _database(w)),
                ("generator, same packets", lambda w: w.cost.generator),
            ]
        cpu += [_series(part + name, line.windows, value, dashed=not last) for part, value in parts]
        delay += [
            _series("p50" + name, line.windows, lambda w: w.delay.p50_ms, dashed=not last),
            _series("p99" + name, line.windows, lambda w: w.delay.p99_ms, dashed=not last),
        ]
        packets.append(
            _series("worst phone" + name, line.windows, lambda w: w.packets.per_s_min, dashed=not last)
        )
    return [
        Chart("CPU, % of one core", "", cpu),
        Chart("delay mouth to ear, ms", "", delay, aim=AIMS.delay_p99_ms),
        Chart("packets/s to a phone", "", packets, aim=AIMS.packets_per_s, lowest=_lowest(packets)),
    ]


def plots(lines: Sequence[Line]) -> dict[str, str]:
    """Return an SVG for each kind of ramp, by file name without suffix."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.mode == "ramp":
            plan = line.windows[0].plan
            groups.setdefault((plan.codec, plan.rooms), []).append(line)
    return {
        f"{codec}-{rooms}": render(
            f"{codec.upper()}, {'rooms of two' if rooms == Rooms.PAIRS else 'one room'}: over the number of phones",
            _charts(group),
        )
        for (codec, rooms), group in groups.items()
    }
