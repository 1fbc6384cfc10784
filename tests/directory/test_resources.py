"""Numbers, extensions and trunks, by HTTP, and in the events."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.site import Site, site

__all__ = ["site"]


async def events(site: Site, prefix: str) -> list[dict[str, Any]]:
    _, page = await site.api.get("/v1.0/events?after=0")
    return [each for each in page["result"] if each["type"].startswith(prefix)]


async def test_a_number_from_its_making_to_its_end(site: Site) -> None:
    api, flow = site.api, str(uuid4())
    status, made = await api.post("/v1.0/numbers", {"number": "+15550100", "name": "Hotline"})
    assert status == 200
    assert {key: made[key] for key in ("number", "type", "status", "name", "metadata")} == {
        "number": "+15550100",
        "type": "virtual",
        "status": "active",
        "name": "Hotline",
        "metadata": {},
    }
    path = f"/v1.0/numbers/{made['id']}"
    _, flowing = await api.send("PUT", f"{path}/flow_ids", json={"call_flow_id": flow})
    assert (flowing["call_flow_id"], flowing["name"]) == (flow, "Hotline")
    _, kept = await api.send("PUT", f"{path}/metadata", json={"metadata": {"rtp_debug": True}})
    assert kept["metadata"] == {"rtp_debug": True}
    _, renamed = await api.send("PUT", path, json={"name": "Desk"})
    assert (renamed["name"], renamed["call_flow_id"]) == ("Desk", "00000000-0000-0000-0000-000000000000")
    _, gone = await api.send("DELETE", path)
    assert gone["status"] == "deleted"
    assert await api.get(path) == (200, gone)
    assert await api.send("DELETE", path) == (200, gone)
    assert (await api.send("PUT", path, json={}))[0] == 409
    assert (await api.get("/v1.0/numbers"))[1]["result"] == []
    assert [each["type"] for each in await events(site, "number_")] == [
        "number_created",
        *["number_updated"] * 3,
        "number_deleted",
    ]


async def test_a_number_is_one_with_its_plus_sign_and_without(site: Site) -> None:
    _, made = await site.api.post("/v1.0/numbers", {"number": "15550100"})
    other_key = await site.api.other_customer()
    again = {"number": "+15550100"}
    for token in ("", other_key):
        options = {"token": token} if token else {}
        status, refused = await site.api.send("POST", "/v1.0/numbers", json=again, **options)
        assert (status, refused["error"]["reason"]) == (409, "ALREADY_EXISTS")
    await site.api.send("DELETE", f"/v1.0/numbers/{made['id']}")
    assert (await site.api.post("/v1.0/numbers", again))[0] == 200


@pytest.mark.parametrize("number", ["", "+", "12a", "+1 555", "1" * 40, 15550100, None])
async def test_what_is_no_number_is_refused(site: Site, number: object) -> None:
    assert (await site.api.post("/v1.0/numbers", {"number": number}))[0] == 400


async def test_an_extension_from_its_making_to_its_end(site: Site) -> None:
    api = site.api
    body = {"extension": "1001", "password": "long enough", "name": "Desk"}
    status, made = await api.post("/v1.0/extensions", body)
    assert status == 200
    assert (made["username"], made["password"]) == ("1001", "long enough")
    assert made["domain_name"] == made["customer_id"]
    status, refused = await api.post("/v1.0/extensions", body)
    assert (status, refused["error"]["reason"]) == (409, "ALREADY_EXISTS")
    assert (await api.send("POST", "/v1.0/extensions", json=body, token=await api.other_customer()))[0] == 200
    path = f"/v1.0/extensions/{made['id']}"
    _, changed = await api.send("PUT", path, json={"name": "Hall"})
    assert (changed["name"], changed["password"]) == ("Hall", "long enough")
    _, changed = await api.send("PUT", path, json={"password": "even longer"})
    assert (changed["name"], changed["password"]) == ("", "even longer")
    _, renewed = await api.send("POST", f"{path}/direct-hash-regenerate")
    assert renewed["direct_hash"] != made["direct_hash"]
    _, gone = await api.send("DELETE", path)
    assert gone["tm_delete"] < "9999"
    assert (await api.get("/v1.0/extensions"))[1]["result"] == []
    published = await events(site, "extension_")
    assert [each["type"] for each in published] == [
        "extension_created",
        *["extension_updated"] * 3,
        "extension_deleted",
    ]
    assert {each["data"]["password"] for each in published} == {None}


@pytest.mark.parametrize(
    ("extension", "password"),
    [
        ("", "long enough"),
        ("a b", "long enough"),
        ("1001", "short"),
        ("1001", "längere wörter"),
        ("1001", None),
    ],
)
async def test_what_no_phone_could_log_in_with_is_refused(
    site: Site, extension: str, password: str | None
) -> None:
    body = {"extension": extension, "password": password}
    assert (await site.api.post("/v1.0/extensions", body))[0] == 400


async def test_a_trunk_from_its_making_to_its_end(site: Site) -> None:
    api = site.api
    body = {
        "domain_name": "pbx",
        "auth_types": ["basic", "ip"],
        "username": "pbx",
        "password": "long enough",
        "allowed_ips": ["192.0.2.9", "2001:DB8::1"],
        "outbound_host": "sip.example.com:5080",
        "outbound_transport": "tcp",
    }
    status, made = await api.post("/v1.0/trunks", body)
    assert status == 200
    assert {key: made[key] for key in body} == body | {"allowed_ips": ["192.0.2.9", "2001:db8::1"]}
    status, refused = await api.send("POST", "/v1.0/trunks", json=body, token=await api.other_customer())
    assert (status, refused["error"]["reason"]) == (409, "ALREADY_EXISTS")
    path = f"/v1.0/trunks/{made['id']}"
    _, changed = await api.send("PUT", path, json={"name": "Old exchange"})
    assert (changed["domain_name"], changed["auth_types"], changed["password"]) == ("pbx", [], "")
    assert (await api.send("PUT", path, json={"auth_types": ["basic"]}))[0] == 400
    await api.send("DELETE", path)
    assert (await api.send("PUT", path, json={}))[0] == 409
    assert (await api.post("/v1.0/trunks", body))[0] == 200
    assert [each["type"] for each in await events(site, "trunk_")] == [
        "trunk_created",
        "trunk_updated",
        "trunk_deleted",
        "trunk_created",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"domain_name": "a.b"},
        {"domain_name": "UPPER"},
        {"auth_types": ["digest"]},
        {"allowed_ips": ["everybody"]},
        {"outbound_host": "sip:example.com"},
        {"outbound_transport": "sctp"},
    ],
)
async def test_what_is_no_trunk_is_refused(site: Site, wrong: dict[str, Any]) -> None:
    assert (await site.api.post("/v1.0/trunks", {"domain_name": "pbx"} | wrong))[0] == 400
