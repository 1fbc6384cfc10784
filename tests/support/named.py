"""Create what may exist only once under its name, also when an earlier attempt of the test has left one on the server."""

from typing import Any

from tests.support.server import Server


def named(server: Server, path: str, key: str, **fields: Any) -> dict[str, Any]:
    """Create a row instead of the one with the same ``key``, if there is one; return it."""
    for row in server.call("GET", f"{path}?page_size=100").json["result"]:
        if row[key] == fields[key]:
            deleted = server.call("DELETE", f"{path}/{row['id']}")
            assert deleted.status == 200, deleted.body
    answer = server.call("POST", path, fields)
    assert answer.status == 200, answer.body
    made: dict[str, Any] = answer.json
    return made


def number(server: Server, name: str, *actions: dict[str, Any]) -> str:
    """Create a number with a flow; return its SIP URI."""
    flow = server.call("POST", "/flows", {"actions": list(actions)})
    assert flow.status == 200, flow.body
    named(server, "/numbers", "number", number=name, call_flow_id=flow.json["id"])
    return server.sip_uri(name.removeprefix("+"))


def trunk(server: Server, domain_name: str, **fields: Any) -> dict[str, Any]:
    return named(server, "/trunks", "domain_name", domain_name=domain_name, **fields)
