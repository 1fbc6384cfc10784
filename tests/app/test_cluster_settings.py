"""The settings of a node: what is wrong with them is said at start."""

import pytest

from mixminus.app.settings import BadSettings, load

SECRET = "a secret that all nodes of this test share"
POSTGRESQL = "postgresql+asyncpg://mixminus@db/mixminus"


@pytest.mark.parametrize("address", ["10.0.0.3:7000", "[fd00::3]:7000"])
def test_a_node_has_an_address_a_secret_and_a_postgresql(address: str) -> None:
    settings = load(cluster_address=address, cluster_secret=SECRET, database_url=POSTGRESQL)
    assert settings.cluster_address == address


def test_a_server_is_no_node_by_default() -> None:
    assert load().cluster_address == ""


@pytest.mark.parametrize(
    ("address", "secret", "database", "problem"),
    [
        pytest.param("10.0.0.3", SECRET, POSTGRESQL, "and a port", id="no port"),
        pytest.param("10.0.0.3:0", SECRET, POSTGRESQL, "and a port", id="any port"),
        pytest.param("0.0.0.0:7000", SECRET, POSTGRESQL, "IP address of this machine", id="any address"),
        pytest.param("node:7000", SECRET, POSTGRESQL, "IP address of this machine", id="a name"),
        pytest.param("10.0.0.3:7000", "", POSTGRESQL, "CLUSTER_SECRET must be set", id="no secret"),
        pytest.param("10.0.0.3:7000", "short", POSTGRESQL, "32 characters", id="a short secret"),
        pytest.param("10.0.0.3:7000", SECRET, "", "needs a PostgreSQL", id="SQLite"),
    ],
)
def test_a_node_that_could_not_work_is_refused(
    address: str, secret: str, database: str, problem: str
) -> None:
    with pytest.raises(BadSettings, match=problem):
        load(cluster_address=address, cluster_secret=secret, database_url=database)
