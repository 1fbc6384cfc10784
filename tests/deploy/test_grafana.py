"""The dashboard by Grafana's own classes: each field of it, of its panels and of their queries is one that Grafana knows."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import prometheus
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from tests.support.documentation import ROOT

DASHBOARD = ROOT / "deploy" / "grafana" / "mixminus.json"


@pytest.fixture
def content() -> dict[str, Any]:
    register_default_plugins()
    found: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    return found


def changed(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield the fields that are lost or changed; those that are added are defaults."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            if name in after:
                yield from changed(value, after[name], f"{path}/{name}")
            else:
                yield f"{path}/{name} is not known"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from changed(*pair, f"{path}/{number}")
    elif before != after:
        yield f"{path}: {before} became {after}"


def written_by_grafana(content: dict[str, Any]) -> Any:
    """Read a dashboard into Grafana's classes, and write it again."""
    return json.loads(JSONEncoder().encode(Dashboard.from_json(content)))


def test_grafana_knows_every_field(content: dict[str, Any]) -> None:
    assert list(changed(content, written_by_grafana(content))) == []


def test_every_query_is_one_of_prometheus(content: dict[str, Any]) -> None:
    panels = [panel for panel in Dashboard.from_json(content).panels or () if isinstance(panel, Panel)]
    targets = [target for panel in panels for target in panel.targets or ()]
    assert len(targets) > 20
    assert all(isinstance(target, prometheus.Dataquery) for target in targets)


@pytest.mark.parametrize("place", ["panel", "options", "target"])
def test_a_misspelt_field_would_be_found(content: dict[str, Any], place: str) -> None:
    panel = next(each for each in content["panels"] if each["type"] == "stat")
    fields = {"panel": panel, "options": panel["options"], "target": panel["targets"][0]}[place]
    fields["coluor"] = "red"
    assert [each.rpartition("/")[2] for each in changed(content, written_by_grafana(content))] == [
        "coluor is not known"
    ]
