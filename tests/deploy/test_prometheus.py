"""Alerts and dashboard: Prometheus accepts them, the alerts fire when they should, and their metrics exist."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.documentation import ROOT, described_metrics
from tests.support.server import ACCESS_KEY, Server

FOLDER = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "mixminus.json"
RULES = FOLDER / "mixminus.rules.yml"
# These appear with their first count.
LATER = ("mixminus_sip_", "mixminus_webrtc_")
# These are of a server that shares its database.
OF_NODES = (
    "mixminus_cluster_nodes",
    "mixminus_leader",
    "mixminus_lease_age",
    "mixminus_nodes",
    "mixminus_satellite",
)


def promtool(*arguments: str) -> str:
    done = subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def dashboard() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    return content


def expressions() -> list[str]:
    return [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ())]


def used(text: str) -> set[str]:
    """Return the metrics that a text names: the file names in it end in a dot and more."""
    return set(re.findall(r"\bmixminus_\w+", text))


def test_prometheus_accepts_the_alerts_and_the_configuration() -> None:
    assert "SUCCESS" in promtool("check", "rules", RULES.name)
    assert "SUCCESS" in promtool("check", "config", "--syntax-only", "prometheus.yml")


def test_alerts_fire_when_they_should() -> None:
    assert "SUCCESS" in promtool("test", "rules", "mixminus.rules.test.yml")


def test_an_alert_that_does_not_fire_would_be_found(tmp_path: Path) -> None:
    for path in FOLDER.iterdir():
        (tmp_path / path.name).write_text(path.read_text("utf-8").replace("> 5000", "> 50000"))
    command = ["promtool", "test", "rules", str(tmp_path / "mixminus.rules.test.yml")]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_prometheus_accepts_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$instance", ".*")}
        for number, expression in enumerate(expressions())
    ]
    assert len(rules) > 20
    # JSON is YAML too.
    (tmp_path / "panels.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    assert "SUCCESS" in promtool("check", "rules", str(tmp_path / "panels.yml"))


def test_panels_do_not_overlap_and_have_ids_of_their_own() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)


@pytest.mark.parametrize("path", [RULES, DASHBOARD], ids=lambda path: path.name)
def test_every_metric_is_described(path: Path) -> None:
    names = used(path.read_text("utf-8"))
    assert len(names) > 10
    assert names - described_metrics() == set()


def test_a_server_has_every_metric(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        answer = server.request("GET", "/metrics", headers={"Authorization": f"Bearer {ACCESS_KEY}"})
        assert answer.status == 200
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=answer.body, capture_output=True, check=False
        )
    assert checked.returncode in (0, 3), checked.stderr  # 3: style alone
    names = used(RULES.read_text("utf-8")) | used(DASHBOARD.read_text("utf-8"))
    missing = names - used(answer.body.decode())
    assert not [name for name in missing if not name.startswith((*LATER, *OF_NODES))]
