"""What Prometheus reads: text format 0.0.4, engine counters by the names they have in C."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

__all__ = ["CONTENT_TYPE", "Metric", "exposition"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4"


@dataclass(frozen=True, slots=True)
class Metric:
    """One name with its samples; the labels of a sample are its key, already rendered."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    samples: Mapping[str, float] = field(default_factory=dict)


def exposition(metrics: Iterable[Metric]) -> str:
    """Render metrics, each under its HELP and TYPE."""
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
