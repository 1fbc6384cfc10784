"""Every operation of the OpenAPI document against every kind of caller: without credential, too little permission, enough.

Made from the document, so that a new operation is covered when it is added. What another customer's ids lead to is in
``test_isolation``.
"""

from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import pytest
from sqlalchemy import select

from mixminus.api.application import OPERATIONS
from mixminus.api.document import document
from mixminus.model.permissions import Permission
from mixminus.store.database import create_engine
from mixminus.store.tables import metadata
from tests.api.client import KEY, ApiClient
from tests.api.test_permissions import session
from tests.support.database import database_url

DOCUMENT: Final = document(OPERATIONS, "0")
UNCREDENTIALED: Final = {
    *("GET /ping", "GET /ca.pem", "GET /join", "GET /docs", "GET /openapi.json", "POST /auth/login"),
    *("GET /health/live", "GET /health/ready"),
}
"""What is open to all: an operation that is added here needs a reason."""
REFUSED_BY_HANDLER: Final = {
    "POST /v1.0/customers",
    "POST /v1.0/customers/{id}/freeze",
    "POST /v1.0/customers/{id}/recover",
    "GET /v1.0/guest",
}
"""Those of the super admin, and of guests."""
ROLES: Final = {
    "none": Permission.NONE,
    "agent": Permission.CUSTOMER_AGENT,
    "viewer": Permission.CUSTOMER_VIEWER,
    "manager": Permission.CUSTOMER_MANAGER,
    "admin": Permission.CUSTOMER_ADMIN,
}
READ_BY_VIEWERS: Final = {
    *("chatmessages", "media_streams", "timelines", "usage"),
    *(
        "conferences",
        "conferencecalls",
        "broadcasts",
        "calls",
        "groupcalls",
        "playbacks",
        "speakings",
        "flows",
        "activeflows",
        "recordings",
    ),
    *(
        "recordingfiles",
        "transcribes",
        "transcripts",
        "events",
        "numbers",
        "extensions",
        "registrations",
        "trunks",
        "agents",
        "metrics",
    ),
}


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield method and path of each operation with its description in the document."""
    for path, methods in DOCUMENT["paths"].items():
        for method, described in methods.items():
            yield f"{method.upper()} {path}", described


SECURED: Final = {name: each for name, each in operations() if each.get("security") != []}


def admits(described: dict[str, Any], held: Permission) -> bool:
    needed = described["x-permission"]
    return needed == 0 or bool(held & needed)


async def send(api: ApiClient, name: str, token: str) -> tuple[int, str]:
    """Send a request with unknown ids and an empty body; return the status and the reason of an error."""
    method, path = name.split()
    for parameter in ("id", "session_id", "guest_link_id", "broadcast_id", "piece"):
        path = path.replace(f"{{{parameter}}}", str(uuid4()))
    assert "{" not in path, f"{path}: name the parameter in this test"
    options: dict[str, Any] = {} if method == "GET" else {"json": {}}
    status, body = await api.send(method, path, token=token, allow_redirects=False, **options)
    return status, body["error"]["reason"] if isinstance(body, dict) and "error" in body else ""


async def rows(url: str) -> dict[str, list[Any]]:
    """Return all rows of all tables but the audits, which record what was refused."""
    engine = create_engine(url)
    try:
        async with engine.connect() as connection:
            return {
                table.name: [tuple(row) for row in await connection.execute(select(table))]
                for table in metadata.sorted_tables
                if table.name != "audits"
            }
    finally:
        await engine.dispose()


def test_the_document_names_all_open_operations_and_no_other() -> None:
    assert {name for name, _ in operations()} - SECURED.keys() == UNCREDENTIALED
    assert all("x-permission" in each for each in SECURED.values())


@pytest.mark.parametrize("token", ["", "vb_unknown", "a.b.c"])
async def test_every_operation_needs_a_credential(api: ApiClient, tmp_path: Any, token: str) -> None:
    await api.get("/v1.0/me")  # the first credential makes the key of sessions
    before = await rows(database_url(tmp_path))
    for name in SECURED:
        reason = "INVALID_CREDENTIALS" if token else "AUTHENTICATION_REQUIRED"
        assert await send(api, name, token) == (401, reason), name
    assert await rows(database_url(tmp_path)) == before


@pytest.mark.parametrize("role", ROLES)
async def test_every_operation_needs_its_permission(api: ApiClient, tmp_path: Any, role: str) -> None:
    held = ROLES[role]
    token = await session(api, held, role)
    before = await rows(database_url(tmp_path))
    refused = [name for name, each in SECURED.items() if not admits(each, held)]
    assert bool(refused) == (role != "admin")
    for name in refused:
        assert await send(api, name, token) == (403, "PERMISSION_DENIED"), name
    assert await rows(database_url(tmp_path)) == before
    for name in SECURED.keys() - set(refused) - REFUSED_BY_HANDLER:
        status, reason = await send(api, name, token)
        assert status not in (401, 403), f"{name}: {status} {reason}"
        assert status < 500, f"{name}: {status} {reason}"


async def test_a_guest_may_send_only_what_is_for_guests(api: ApiClient, tmp_path: Any) -> None:
    room = await api.room()
    _, link = await api.post(f"/v1.0/conferences/{room['id']}/guest_links", {})
    before = await rows(database_url(tmp_path))
    for name in SECURED.keys() - {"GET /v1.0/guest"}:
        assert await send(api, name, link["token"]) == (403, "PERMISSION_DENIED"), name
    assert await rows(database_url(tmp_path)) == before


def test_a_viewer_may_read_what_staff_may_read_and_change_nothing_but_itself() -> None:
    viewed = {name for name, each in SECURED.items() if admits(each, Permission.CUSTOMER_VIEWER)}
    changing = {name for name in viewed if not name.startswith("GET ")}
    assert changing == {"PUT /v1.0/me", "PUT /v1.0/me/password"}
    assert not [name for name in viewed if name.endswith("/media_stream")], "what is sent there is heard"
    read = {name.removeprefix("GET ").removeprefix("/v1.0").split("/")[1] for name in viewed - changing}
    assert read - {"me", "ws", "service_agents", "guest", "server"} == READ_BY_VIEWERS


async def test_a_viewer_gets_no_passwords_and_pins(api: ApiClient) -> None:
    secrets = {"phone": "phone-secret", "trunk": "trunk-secret", "pin": "48151623", "moderator": "42108642"}
    await api.post("/v1.0/extensions", {"extension": "100", "password": secrets["phone"]})
    trunk = {"domain_name": "t", "auth_types": ["basic"], "username": "u", "password": secrets["trunk"]}
    await api.post("/v1.0/trunks", trunk)
    room = {"type": "conference", "pin": secrets["pin"], "moderator_pin": secrets["moderator"]}
    await api.post("/v1.0/conferences", room)
    viewer = await session(api, Permission.CUSTOMER_VIEWER)
    for token, shown in ((KEY, True), (viewer, False)):
        texts = []
        for resource in ("extensions", "trunks", "conferences"):
            status, listed = await api.send("GET", f"/v1.0/{resource}", token=token)
            assert status == 200
            one = await api.send("GET", f"/v1.0/{resource}/{listed['result'][0]['id']}", token=token)
            texts.append(str((listed, one)))
        for name, secret in secrets.items():
            assert (secret in "".join(texts)) == shown, name
