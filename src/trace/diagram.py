"""A ladder diagram and the charts of a call as SVG, within a page that has their styles (``ladder.css``). Pure.

Nothing is said by colour alone: each arrow has its text, a retransmission is dashed and says so.
"""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Final

from mixminus.trace.entries import AudioStatistics, moment
from mixminus.trace.rows import AudioRow, CallLadder, MessageRow, Party

__all__ = ["charts", "ladder", "printable"]

_TIME_WIDTH: Final = 128
_LANE_WIDTH: Final = 450
_SIDE: Final = 132
_HEAD_HEIGHT: Final = 76
_MESSAGE_HEIGHT: Final = 52
_AUDIO_HEIGHT: Final = 66
_PAUSE_HEIGHT: Final = 34
_PAUSE_US: Final = 2_000_000
_MAX_TITLE: Final = 44
_MAX_PARTY: Final = 30
_US_PER_S: Final = 1_000_000
_CHART_WIDTH, _CHART_HEIGHT, _CHART_TOP = 300, 120, 34

Row = MessageRow | AudioRow


def printable(text: str, longest: int = 0) -> str:
    """Return text for a page: escaped, without control characters, cut with an ellipsis."""
    shown = "".join(
        each if each.isprintable() or each in "\r\n\t" else "\N{REPLACEMENT CHARACTER}" for each in text
    )
    if longest and len(shown) > longest:
        shown = shown[: longest - 1] + "…"
    return escape(shown)


def ladder(call: CallLadder, label: str) -> str:
    """Return the diagram of a call; ``label`` names it for those who do not see it."""
    width = _TIME_WIDTH + 2 * _SIDE + _LANE_WIDTH * max(len(call.parties) - 1, 1)
    drawn: list[str] = []
    at = _HEAD_HEIGHT + 18
    begin_us = _at_us(call.rows[0]) if call.rows else 0
    last_us = begin_us
    for row in call.rows:
        now_us = _at_us(row)
        if now_us - last_us > _PAUSE_US and isinstance(row, MessageRow):
            drawn.append(_pause(now_us - last_us, at, width))
            at += _PAUSE_HEIGHT
        if isinstance(row, MessageRow):
            drawn.append(_message(row, call.parties, begin_us, at))
            at += _MESSAGE_HEIGHT
        else:
            drawn.append(_audio(row, len(call.parties), at))
            at += _AUDIO_HEIGHT
        last_us = _at_us(row) if isinstance(row, MessageRow) else row.samples[-1].at_us
    height = at + 8
    head = "".join(_head(each, index, height) for index, each in enumerate(call.parties))
    return (
        f'<svg class="ladder" role="group" aria-label="{printable(label)}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">{_MARKERS}{head}{"".join(drawn)}</svg>'
    )


_MARKERS: Final = (
    "<defs>"
    + "".join(
        f'<marker id="head-{kind}" class="{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
        f'markerHeight="8" orient="auto-start-reverse"><path d="M1 1 9 5 1 9Z"/></marker>'
        for kind in ("request", "progress", "success", "redirect", "failure")
    )
    + "</defs>"
)


def _x(party: int) -> int:
    return _TIME_WIDTH + _SIDE + party * _LANE_WIDTH


def _at_us(row: Row) -> int:
    return row.message.at_us if isinstance(row, MessageRow) else row.samples[0].at_us


def _head(party: Party, index: int, height: int) -> str:
    x = _x(index)
    ours = " ours" if party.name == "mixminus" else ""
    agent = f" · {party.agent}" if party.agent else ""
    return (
        f'<line class="lifeline" x1="{x}" y1="{_HEAD_HEIGHT}" x2="{x}" y2="{height}"/>'
        f'<rect class="party{ours}" x="{x - _SIDE + 8}" y="10" width="{2 * _SIDE - 16}" height="56" rx="12"/>'
        f'<text class="name{ours}" x="{x}" y="34">{printable(party.name, _MAX_PARTY)}</text>'
        f'<text class="address{ours}" x="{x}" y="53">{printable(party.address + agent, 38)}</text>'
    )


def _message(row: MessageRow, parties: Sequence[Party], begin_us: int, at: int) -> str:
    source, destination = _x(row.source), _x(row.destination)
    middle, y = (source + destination) // 2, at + 26
    direction = 1 if destination > source else -1
    names = [parties[each].name for each in (row.source, row.destination)]
    time = moment(row.message.at_us)
    again = " (repeated)" if row.repeated else ""
    said = f"{time:%H:%M:%S}, {names[0]} to {names[1]}: {row.title}{again}"
    below = " · ".join(each for each in ("repeated" if row.repeated else "", row.description) if each)
    return (
        f'<a href="#m{row.number}" class="row {row.kind}{" again" if row.repeated else ""}" aria-label="{printable(said)}">'
        f'<rect class="hit" x="4" y="{at}" width="{max(source, destination) + _SIDE - 12}" height="{_MESSAGE_HEIGHT}" rx="8"/>'
        f'<text class="clock" x="16" y="{y - 3}">{time:%H:%M:%S}.{time.microsecond // 1000:03}</text>'
        f'<text class="since" x="16" y="{y + 13}">+{(row.message.at_us - begin_us) / _US_PER_S:.3f} s</text>'
        f'<line class="arrow" x1="{source + 5 * direction}" y1="{y}" x2="{destination - 4 * direction}" y2="{y}" '
        f'marker-end="url(#head-{row.kind})"/>'
        f'<circle class="dot" cx="{source}" cy="{y}" r="4"/>'
        f'<text class="title" x="{middle}" y="{y - 8}">{printable(row.title, _MAX_TITLE)}</text>'
        f'<text class="below" x="{middle}" y="{y + 17}">{printable(below, 60)}</text></a>'
    )


def _audio(row: AudioRow, parties: int, at: int) -> str:
    first, last = row.samples[0], row.samples[-1]
    left, right = _x(0), _x(max(parties - 1, 1))
    middle, seconds = (left + right) // 2, (last.at_us - first.at_us) / _US_PER_S
    mos = [each.values["mos"] for each in row.samples if each.values.get("mos")]
    worst = f" · MOS {min(mos):.1f}" if mos else ""
    loss = max(each.values.get("loss", 0.0) for each in row.samples)
    jitter = max(each.values.get("jitter_ms", 0.0) for each in row.samples)
    packets = [last.values.get(name, 0) for name in ("rtp_received", "rtp_sent")]
    during = f"audio for {seconds:.0f} s" if seconds >= 1 else "audio"
    return (
        f'<g class="audio"><rect class="band" x="{left + 10}" y="{at + 6}" width="{right - left - 20}" height="50" rx="10"/>'
        f'<text class="title" x="{middle}" y="{at + 27}">{during} · lost {loss * 100:.1f} % · jitter {jitter:.1f} ms{worst}</text>'
        f'<text class="below" x="{middle}" y="{at + 45}">'
        f"{packets[0]:.0f} packets received, {packets[1]:.0f} sent by then</text></g>"
    )


def _pause(elapsed_us: int, at: int, width: int) -> str:
    return (
        f'<line class="pause" x1="{_TIME_WIDTH}" y1="{at + 20}" x2="{width - 16}" y2="{at + 20}"/>'
        f'<text class="since" x="16" y="{at + 24}">{elapsed_us / _US_PER_S:.1f} s later</text>'
    )


def charts(samples: Sequence[AudioStatistics]) -> str:
    """Return charts of the quality of a call's audio over its time; empty with fewer than two samples."""
    if len(samples) < 2:  # noqa: PLR2004 - a line has two ends
        return ""
    measures: tuple[tuple[str, str, float, Callable[[AudioStatistics], float]], ...] = (
        ("jitter", "ms", 10.0, lambda each: each.values.get("jitter_ms", 0.0)),
        ("lost packets", "%", 5.0, lambda each: each.values.get("loss", 0.0) * 100),
        ("MOS", "", 4.5, lambda each: each.values.get("mos", 0.0)),
    )
    return "".join(_chart(samples, *each) for each in measures)


def _chart(
    samples: Sequence[AudioStatistics],
    name: str,
    unit: str,
    least_top: float,
    value_of: Callable[[AudioStatistics], float],
) -> str:
    values = [value_of(each) for each in samples]
    top = max(least_top, *values)
    points = list(_points(samples, values, top))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    floor = _CHART_HEIGHT - 10
    said = f"{name}: {min(values):.1f} to {max(values):.1f} {unit}".strip()
    newest = f"{values[-1]:.1f} {unit}".strip()
    return (
        f'<svg class="chart" role="img" aria-label="{escape(said)}" viewBox="0 0 {_CHART_WIDTH} {_CHART_HEIGHT}" '
        f'width="{_CHART_WIDTH}" height="{_CHART_HEIGHT}">'
        f'<text class="name" x="12" y="22">{escape(name)}</text>'
        f'<text class="newest" x="{_CHART_WIDTH - 12}" y="22">{escape(newest)}</text>'
        f'<line class="floor" x1="12" y1="{floor}" x2="{_CHART_WIDTH - 12}" y2="{floor}"/>'
        f'<polygon class="area" points="{points[0][0]:.1f},{floor} {line} {points[-1][0]:.1f},{floor}"/>'
        f'<polyline class="line" points="{line}"/>'
        f'<circle class="end" cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="3.5"/></svg>'
    )


def _points(
    samples: Sequence[AudioStatistics], values: Sequence[float], top: float
) -> Iterator[tuple[float, float]]:
    begin, end = samples[0].at_us, samples[-1].at_us
    room, wide = _CHART_HEIGHT - 10 - _CHART_TOP, _CHART_WIDTH - 24
    for sample, value in zip(samples, values, strict=True):
        x = 12 + wide * (sample.at_us - begin) / max(end - begin, 1)
        yield x, _CHART_HEIGHT - 10 - room * min(value / top, 1.0)
