"""The Helm chart: Helm itself lints and renders it, and Kubernetes' own schemas know every field of what it makes.

Helm's Go code comes as a library (``helm-python-sdk``). A ServiceMonitor is no kind of Kubernetes: it has no schema here.
"""

import shutil
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml
from helm_python import Chart, HelmRenderError, HelmValuesError, lint

from mixminus.app.settings import Settings, load, setting_name
from tests.support.documentation import ROOT

CHART: Final = ROOT / "deploy" / "helm" / "mixminus"
KUBERNETES: Final = ("1.28", "1.31", "1.34")
SECRETS: Final = {
    "databaseUrl": "postgresql+asyncpg://mixminus:secret@postgresql:5432/mixminus",
    "clusterSecret": "a secret that all nodes of a cluster share",
    "secretsKey": "YSBrZXkgb2YgdGVzdHMsIG9mIHRoaXJ0eS10d28gYnk=",
    "accessKey": "vb_test-key-given-by-the-operator",
    "metricsToken": "token-of-prometheus",
}
LEAST: Final[dict[str, Any]] = {"secrets": SECRETS}
MOST: Final[dict[str, Any]] = {
    "existingSecret": "made-before",
    "replicas": 32,
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "persistence": {"storageClass": "fast"},
    "service": {"type": "LoadBalancer", "annotations": {"example.com/internal": "true"}},
    "podDisruptionBudget": {"maxUnavailable": "10%"},
    "image": {"tag": "0.9.0", "pullSecrets": [{"name": "registry"}]},
    "extraEnv": [{"name": "AWS_ENDPOINT_URL", "value": "http://minio:9000"}],
    "extraEnvFrom": [{"secretRef": {"name": "storage"}}],
    "nodeSelector": {"mixminus": "true"},
    "tolerations": [{"key": "mixminus", "operator": "Exists", "effect": "NoSchedule"}],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}
                ]
            }
        }
    },
    "podAnnotations": {"example.com/owner": "telephony"},
    "podLabels": {"team": "telephony"},
    "priorityClassName": "system-node-critical",
    "recordingStorageUrl": "s3://recordings",
}


def rendered(values: dict[str, Any], chart: Path = CHART) -> dict[str, dict[str, Any]]:
    """Return what Helm makes of the chart, by kind and name."""
    with Chart.load(chart) as loaded:
        files = loaded.render(values=values, name="demo", namespace="calls")
    documents = [
        document
        for name, text in files.items()
        if name.endswith(".yaml")
        for document in yaml.safe_load_all(text)
        if document
    ]
    return {f"{each['kind']} {each['metadata']['name']}": each for each in documents}


def invalid(documents: dict[str, dict[str, Any]], version: str) -> list[str]:
    """Return what the schemas of a version of Kubernetes refuse."""
    found = []
    for name, document in documents.items():
        if name.startswith("ServiceMonitor"):
            continue
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{name}: {error}")
    return found


def container(values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the pod of a node and its container."""
    pod = rendered(values)["StatefulSet demo-mixminus"]["spec"]["template"]["spec"]
    (found,) = pod["containers"]
    return pod, found


@pytest.mark.parametrize("values", [LEAST, MOST], ids=["least", "most"])
def test_helm_finds_nothing_to_complain_about(values: dict[str, Any]) -> None:
    report = lint(CHART, values, strict=True)
    assert report["errors"] == []
    assert [each["error"] for each in report["messages"]] == ["icon is recommended"]


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("values", [LEAST, MOST], ids=["least", "most"])
def test_kubernetes_knows_every_field(values: dict[str, Any], version: str) -> None:
    documents = rendered(values)
    kinds = {name.split()[0] for name in documents}
    own = {"ServiceMonitor"} if values is MOST else {"Secret"}
    assert kinds == {"StatefulSet", "Service", "ServiceAccount", "PodDisruptionBudget"} | own
    assert invalid(documents, version) == []


@pytest.mark.parametrize(
    ("place", "misspelt"),
    [("hostNetwork:", "hostNetworks:"), ("maxUnavailable:", "maxUnavailables:"), ("preStop:", "beforeStop:")],
)
def test_a_misspelt_field_would_be_found(tmp_path: Path, place: str, misspelt: str) -> None:
    copy = shutil.copytree(CHART, tmp_path / "mixminus")
    for path in (copy / "templates").iterdir():
        path.write_text(path.read_text("utf-8").replace(f" {place}", f" {misspelt}"))
    assert len(invalid(rendered(LEAST, copy), KUBERNETES[-1])) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"ports": {"sip": 70_000}},
        {"replica": 3},
        {"secrets": {"databaseUrl": "sqlite+aiosqlite:///x.db"}},
        {"secrets": {"clusterSecret": "short"}},
        {"service": {"type": "Headless"}},
    ],
)
def test_values_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with Chart.load(CHART) as chart, pytest.raises(HelmValuesError):
        chart.validate_schema(wrong)


@pytest.mark.parametrize("name", sorted(SECRETS.keys() - {"metricsToken"}))
def test_a_secret_that_is_not_set_is_asked_for(name: str) -> None:
    with pytest.raises(HelmRenderError, match=rf"set secrets\.{name}"):
        rendered({"secrets": SECRETS | {name: ""}})


def test_prometheus_needs_its_token() -> None:
    with pytest.raises(HelmRenderError, match=r"set secrets\.metricsToken"):
        rendered({"secrets": SECRETS | {"metricsToken": ""}, "serviceMonitor": {"enabled": True}})


def test_a_node_has_settings_that_the_server_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    _, node = container(LEAST)
    secrets = rendered(LEAST)["Secret demo-mixminus"]["stringData"]
    client = {"MIXMINUS_KEY", "MIXMINUS_URL", "HOST_ADDRESS"}
    assert {each["name"] for each in node["env"]} - client <= {
        setting_name(name) for name in Settings.model_fields
    }
    for each in node["env"]:
        if each["name"] not in client:
            key = each.get("valueFrom", {}).get("secretKeyRef", {}).get("key", "")
            value = secrets[key] if key else each["value"].replace("$(HOST_ADDRESS)", "10.0.0.3")
            monkeypatch.setenv(each["name"], value)
    settings = load()
    assert (settings.cluster_address, settings.sip_host) == ("10.0.0.3:7000", "10.0.0.3")
    assert settings.metrics_token.get_secret_value() == SECRETS["metricsToken"]


def test_a_node_has_the_network_of_its_machine_and_no_other_node_beside_it() -> None:
    for values in (LEAST, MOST):
        pod, node = container(values)
        assert pod["hostNetwork"] is True
        assert all(port["containerPort"] == port["hostPort"] for port in node["ports"])
        (rule,) = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert rule["topologyKey"] == "kubernetes.io/hostname"
        labels = rendered(values)["StatefulSet demo-mixminus"]["spec"]["template"]["metadata"]["labels"]
        assert rule["labelSelector"]["matchLabels"].items() <= labels.items()


def test_a_node_drains_before_it_ends_and_is_not_killed_meanwhile() -> None:
    pod, node = container(LEAST | {"drainSeconds": 900})
    assert node["lifecycle"]["preStop"]["exec"]["command"] == ["mixminus", "nodes", "drain", "--wait", "900"]
    env = {each["name"]: each.get("value", "") for each in node["env"]}
    assert pod["terminationGracePeriodSeconds"] >= 900 + int(env["MIXMINUS_DRAIN_S"]) + 10
    assert env["MIXMINUS_URL"] == "http://127.0.0.1:8080"


def test_a_node_without_the_database_lives_and_one_that_drains_is_not_ready() -> None:
    _, node = container(LEAST)
    probes = {kind: node[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert probes == {"startup": "/health/live", "liveness": "/health/live", "readiness": "/health/ready"}


def test_prometheus_finds_the_nodes_that_drain_too_under_the_name_that_the_alerts_ask_for() -> None:
    documents = rendered(MOST)
    monitor = documents["ServiceMonitor demo-mixminus"]["spec"]
    nodes = documents["Service demo-mixminus-nodes"]
    assert monitor["selector"]["matchLabels"].items() <= nodes["metadata"]["labels"].items()
    assert nodes["spec"]["publishNotReadyAddresses"] is True
    assert nodes["metadata"]["labels"][monitor["jobLabel"]] == "mixminus"
    (endpoint,) = monitor["endpoints"]
    assert endpoint["port"] in {port["name"] for port in nodes["spec"]["ports"]}
    assert endpoint["authorization"]["credentials"] == {"name": "made-before", "key": "metrics-token"}


def test_a_secret_made_before_is_used_for_everything() -> None:
    documents = rendered(MOST)
    assert not [name for name in documents if name.startswith("Secret")]
    _, node = container(MOST)
    secrets = [
        each["valueFrom"]["secretKeyRef"]
        for each in node["env"]
        if "secretKeyRef" in each.get("valueFrom", {})
    ]
    assert {each["name"] for each in secrets} == {"made-before"}
    _, made = container(LEAST)
    keys = {
        each["valueFrom"]["secretKeyRef"]["key"]
        for each in made["env"]
        if "secretKeyRef" in each.get("valueFrom", {})
    }
    assert keys == set(rendered(LEAST)["Secret demo-mixminus"]["stringData"])


def test_one_node_at_a_time_is_taken_away_and_the_labels_agree() -> None:
    documents = rendered(LEAST)
    budget = documents["PodDisruptionBudget demo-mixminus"]["spec"]
    assert budget["maxUnavailable"] == 1
    pods = documents["StatefulSet demo-mixminus"]["spec"]["template"]["metadata"]["labels"]
    selectors = [budget["selector"]["matchLabels"]]
    selectors += [documents[f"Service demo-mixminus{end}"]["spec"]["selector"] for end in ("", "-nodes")]
    assert all(selector.items() <= pods.items() for selector in selectors)
    assert documents["StatefulSet demo-mixminus"]["spec"]["serviceName"] == "demo-mixminus-nodes"
