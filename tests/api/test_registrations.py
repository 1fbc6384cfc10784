"""GET /registrations: the phones that are registered now."""

from typing import Any

from tests.api.client import ApiClient
from tests.support.registering import registered

NONE = {"result": [], "next_page_token": ""}


async def extension(api: ApiClient, name: str, **options: Any) -> str:
    body = {"extension": name, "password": "long enough"}
    _, made = await api.send("POST", "/v1.0/extensions", json=body, **options)
    return str(made["id"])


async def test_a_registered_phone_is_listed_until_its_extension_is_deleted(api: ApiClient) -> None:
    assert await api.get("/v1.0/registrations") == (200, NONE)
    made = await extension(api, "201")
    flow = {"transport": "tls", "host": "2001:db8::7", "port": 40_000, "connection": 3}
    await registered(api, made, "sip:201@[2001:db8::7]", user_agent="Desk phone 2.0", **flow)
    _, listed = await api.get("/v1.0/registrations")
    (found,) = listed["result"]
    assert (found["extension_id"], found["extension"]) == (made, "201")
    assert (found["contact"], found["user_agent"]) == ("sip:201@[2001:db8::7]", "Desk phone 2.0")
    assert (found["transport"], found["host"], found["port"]) == ("tls", "2001:db8::7", 40_000)
    assert found["tm_create"] < found["tm_expire"] < "9999"
    await api.send("DELETE", f"/v1.0/extensions/{made}")
    assert await api.get("/v1.0/registrations") == (200, NONE)


async def test_they_come_in_pages_and_of_one_extension(api: ApiClient) -> None:
    first, second = await extension(api, "201"), await extension(api, "202")
    for id_, contact in ((first, "sip:a@192.0.2.7"), (second, "sip:b@192.0.2.7"), (first, "sip:c@192.0.2.7")):
        await registered(api, id_, contact)
    read: list[str] = []
    token = ""
    while not read or token:
        _, page = await api.get(f"/v1.0/registrations?page_size=1&page_token={token}")
        read += [each["contact"] for each in page["result"]]
        token = page["next_page_token"]
    assert read == ["sip:c@192.0.2.7", "sip:b@192.0.2.7", "sip:a@192.0.2.7"], "the newest first"
    _, of_one = await api.get(f"/v1.0/registrations?extension_id={second}")
    assert [each["extension"] for each in of_one["result"]] == ["202"]


async def test_operators_see_those_of_all_customers_and_others_their_own(api: ApiClient) -> None:
    other = await api.other_customer()
    theirs = await extension(api, "301", token=other)
    await registered(api, theirs)
    await registered(api, await extension(api, "201"))
    path = "/v1.0/registrations"
    for token, query, names in (
        ("", "", ["201"]),
        ("", "?all=0", ["201"]),
        ("", "?all=", ["201"]),
        (other, "?all=false", ["301"]),
        ("", "?all=true", ["201", "301"]),
        ("", "?all=1", ["201", "301"]),
    ):
        _, listed = await api.send("GET", path + query, **({"token": token} if token else {}))
        assert [each["extension"] for each in listed["result"]] == names, query
    status, body = await api.send("GET", f"{path}?all=true", token=other)
    assert (status, body["error"]["reason"]) == (403, "PERMISSION_DENIED")
