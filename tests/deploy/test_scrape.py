"""A real Prometheus with the configuration of deploy/ scrapes a server by the metrics token, and evaluates alerts and panels."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.deploy.test_prometheus import FOLDER, LATER, OF_NODES, dashboard, expressions, used
from tests.support.ports import free_port
from tests.support.server import Server
from tests.support.waiting import eventually

TOKEN = "token-of-prometheus"


class Prometheus:
    """A Prometheus server, and its API."""

    def __init__(self, folder: Path, target: str, token: str) -> None:
        configuration = (FOLDER / "prometheus.yml").read_text("utf-8")
        changes = {
            "/etc/prometheus/mixminus.token": str(folder / "mixminus.token"),
            "127.0.0.1:8080": target,
            "15s": "1s",
            "mixminus.rules.yml": str(FOLDER / "mixminus.rules.yml"),
        }
        for text, other in changes.items():
            assert text in configuration
            configuration = configuration.replace(text, other)
        (folder / "mixminus.token").write_text(token + "\n")
        (folder / "prometheus.yml").write_text(configuration)
        port = free_port()
        self._url = f"http://127.0.0.1:{port}/api/v1/"
        self._log = (folder / "prometheus.log").open("wb")
        self._process = subprocess.Popen(
            [
                *("prometheus", f"--config.file={folder / 'prometheus.yml'}"),
                *(f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}"),
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._log.close()

    def get(self, path: str, **fields: str) -> Any:
        """Return the data of a successful response."""
        # It answers 503, as text, until it has read its own files.
        retries = urllib3.Retry(10, backoff_factor=0.1, status_forcelist=[503])
        answer = json.loads(urllib3.request("GET", self._url + path, fields=fields, retries=retries).data)
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series that an expression has now."""
        series: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return series

    def target(self) -> tuple[str, str]:
        """Return the health of the only target, and its last error; empty before it is known."""
        for target in self.get("targets")["activeTargets"]:
            return target["health"], target["lastError"]
        return "", ""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server"), MIXMINUS_METRICS_TOKEN=TOKEN) as running:
        yield running


@pytest.fixture(scope="module")
def prometheus(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    running = Prometheus(tmp_path_factory.mktemp("prometheus"), server.url.removeprefix("http://"), TOKEN)
    try:
        # A rate needs two scrapes.
        eventually(
            lambda: [
                each
                for each in running.query("count_over_time(mixminus_calls[1m])")
                if int(each["value"][1]) > 2
            ],
            timeout_s=40,
            what="three scrapes",
        )
        yield running
    finally:
        running.close()


def test_the_token_is_accepted_and_another_is_not(
    server: Server, prometheus: Prometheus, tmp_path: Path
) -> None:
    assert prometheus.target() == ("up", "")
    refused = Prometheus(tmp_path, server.url.removeprefix("http://"), "another")
    try:
        eventually(lambda: refused.target()[0] == "down", timeout_s=40, what="the scrape fails")
        assert "401" in refused.target()[1]
    finally:
        refused.close()


def test_every_alert_is_evaluated(prometheus: Prometheus) -> None:
    def rules() -> list[dict[str, Any]]:
        return [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]

    eventually(
        lambda: all(rule["health"] != "unknown" for rule in rules()), timeout_s=20, what="an evaluation"
    )
    assert len(rules()) > 10
    assert [rule for rule in rules() if rule["health"] != "ok" or rule.get("lastError")] == []
    assert [rule["name"] for rule in rules() if rule["state"] == "firing"] == []


def test_every_panel_has_data(prometheus: Prometheus) -> None:
    for expression in expressions():
        series = prometheus.query(expression.replace("$instance", ".*"))
        # Some counters appear with their first count.
        assert series or all(name.startswith((*LATER, *OF_NODES)) for name in used(expression)), expression


def test_the_dashboard_s_choice_of_servers_has_this_one(server: Server, prometheus: Prometheus) -> None:
    (variable,) = [each for each in dashboard()["templating"]["list"] if each["type"] == "query"]
    assert variable["query"]["query"] == "label_values(mixminus_calls, instance)"
    values = prometheus.get("label/instance/values", **{"match[]": "mixminus_calls"})
    assert values == [server.url.removeprefix("http://")]
