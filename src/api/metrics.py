"""The text format 0.0.4 of Prometheus."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

__all__ = ["CONTENT_TYPE", "Metric", "exposition", "families"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with its samples by their rendered labels."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    samples: Mapping[str, float] = field(default_factory=dict)


def families(counters: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Return the samples of each counter; what follows a colon in its name is the label ``name``."""
    families: dict[str, dict[str, float]] = {}
    for name, count in counters.items():
        family, _, label = name.partition(":")
        families.setdefault(family, {})[f'{{name="{label}"}}' if label else ""] = count
    return families


def exposition(metrics: Iterable[Metric]) -> str:
    """Return metrics as text, each with its HELP and TYPE."""
    lines = [line for metric in metrics for line in _lines(metric)]
    return "\n".join(lines) + "\n"


def _lines(metric: Metric) -> Iterable[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for labels, value in metric.samples.items():
        yield (
            f"{metric.name}{labels} {value:g}"
            if not float(value).is_integer()
            else f"{metric.name}{labels} {int(value)}"
        )
