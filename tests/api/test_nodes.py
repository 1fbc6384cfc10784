"""GET /nodes of a server that has its database for itself; tests/cluster has those that share one."""

from mixminus.model.ids import NIL, new_id
from tests.api.client import ApiClient


async def test_a_server_alone_is_no_node(api: ApiClient) -> None:
    assert await api.get("/v1.0/nodes") == (200, {"here": str(NIL), "leader": True, "result": []})
    _, server = await api.get("/v1.0/server")
    assert server["nodes"] is False


async def test_nodes_are_shown_to_the_operators_of_the_server_alone(api: ApiClient) -> None:
    status, body = await api.send("GET", "/v1.0/nodes", token=await api.other_customer())
    assert (status, body["error"]["status"]) == (403, "PERMISSION_DENIED")


async def test_a_node_that_is_not_there_cannot_drain(api: ApiClient) -> None:
    for verb in ("drain", "undrain"):
        status, body = await api.send("POST", f"/v1.0/nodes/{new_id()}/{verb}")
        assert (status, body["error"]["reason"]) == (404, "NODE_NOT_FOUND")
