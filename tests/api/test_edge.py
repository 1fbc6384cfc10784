import re
from io import BytesIO
from uuid import uuid4

import pytest

from mixminus.api.metrics import families
from tests.api.client import KEY, ApiClient

UNKNOWN = "3d9f5f3e-6d3b-4f0e-9a61-0d6f0f8f2b11"

API = "/v1.0/conferences"
# The website, open, and the same for all clients.
GUIDE = ("/docs/guide", "/docs/guide/{file}")
CONSOLE = ("/", "/console", "/console/{file}")
VIEWER_FILES = (
    "/docs/docs.css",
    "/docs/docs.js",
    "/docs/swagger-ui-bundle.js",
    "/docs/swagger-ui.css",
)


@pytest.mark.parametrize(
    ("query", "headers", "cookies"),
    [
        pytest.param({"token": KEY}, {}, {}, id="query token"),
        pytest.param({"accesskey": KEY}, {}, {}, id="query accesskey"),
        pytest.param({}, {"Authorization": f"Bearer {KEY}"}, {}, id="bearer"),
        pytest.param({}, {"Authorization": f"bearer  {KEY}"}, {}, id="bearer by another case"),
        pytest.param({}, {}, {"token": KEY}, id="cookie token"),
        pytest.param({}, {}, {"accesskey": KEY}, id="cookie accesskey"),
    ],
)
async def test_credential_is_accepted_in_header_query_and_cookie(
    api: ApiClient, query: dict[str, str], headers: dict[str, str], cookies: dict[str, str]
) -> None:
    if cookies:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    async with api.request("GET", API, token="", params=query, headers=headers) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/registrations", "all"),
        (f"/recordingfiles/{UNKNOWN}", "live"),
        (f"/conferences/{UNKNOWN}/captions", "partials"),
        ("/ws", "numbered"),
    ],
)
@pytest.mark.parametrize("word", ["perhaps", "True", "2"])
async def test_word_in_the_place_of_a_boolean_is_400(api: ApiClient, path: str, name: str, word: str) -> None:
    status, body = await api.get(f"/v1.0{path}?{name}={word}")
    assert (status, body["error"]["reason"]) == (400, "INVALID_REQUEST_PARAMETER")
    assert body["error"]["message"] == f"{name} must be true or false"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        pytest.param({}, "AUTHENTICATION_REQUIRED", id="none"),
        pytest.param({"Authorization": "Basic eDp5"}, "AUTHENTICATION_REQUIRED", id="another scheme"),
        pytest.param({"Authorization": "Bearer "}, "AUTHENTICATION_REQUIRED", id="empty"),
        pytest.param({"Authorization": "Bearer garbage"}, "INVALID_CREDENTIALS", id="unknown"),
    ],
)
async def test_missing_or_invalid_credential_is_401(
    api: ApiClient, headers: dict[str, str], reason: str
) -> None:
    async with api.request("GET", API, token="", headers=headers) as response:
        error = (await response.json())["error"]
        assert (response.status, error["status"], error["reason"]) == (401, "UNAUTHENTICATED", reason)
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", "/v1.0/nowhere"),
        ("PUT", "/v1.0/conferences"),
        ("POST", "/ping"),
        ("HEAD", "/v1.0/conferences"),
    ],
)
async def test_unknown_path_and_method_are_404(api: ApiClient, method: str, path: str) -> None:
    async with api.request(method, path) as response:
        assert response.status == 404
        if method != "HEAD":
            error = (await response.json())["error"]
            assert (error["status"], error["reason"]) == ("NOT_FOUND", "ROUTE_NOT_FOUND")


async def test_v1_is_an_alias_of_v1_0(api: ApiClient) -> None:
    room = await api.room()
    assert await api.get(f"/v1/conferences/{room['id']}") == await api.get(f"{API}/{room['id']}")


@pytest.mark.parametrize("given", ["a", "Ab-9_", "x" * 64])
async def test_safe_request_id_is_repeated(api: ApiClient, given: str) -> None:
    async with api.request("GET", f"{API}/{uuid4()}", headers={"X-Request-Id": given}) as response:
        assert response.headers["X-Request-Id"] == given
        assert (await response.json())["error"]["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\u00e4", "<script>"])
async def test_unsafe_request_id_is_replaced(api: ApiClient, given: str) -> None:
    async with api.request("GET", f"{API}/{uuid4()}", headers={"X-Request-Id": given}) as response:
        answered = response.headers["X-Request-Id"]
        assert re.fullmatch(r"req_[A-Z2-7]{26}", answered)
        assert (await response.json())["error"]["request_id"] == answered


async def test_cors_allows_every_origin(api: ApiClient) -> None:
    async with api.request("GET", API, headers={"Origin": "https://example.org"}) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        exposed = response.headers["Access-Control-Expose-Headers"]
        assert "Location" in exposed
        assert "ETag" in exposed


@pytest.mark.parametrize("path", [API, f"{API}/{UNKNOWN}", f"{API}/{UNKNOWN}/whip/{UNKNOWN}", "/ping"])
async def test_preflight_needs_no_credential(api: ApiClient, path: str) -> None:
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "PATCH"}
    async with api.request("OPTIONS", path, token="", headers=headers) as response:
        assert response.status == 204
        assert "PATCH" in response.headers["Access-Control-Allow-Methods"]
        allowed = response.headers["Access-Control-Allow-Headers"].split(", ")
        assert {"If-Match", "traceparent", "tracestate"} <= set(allowed)
        assert response.headers["Access-Control-Max-Age"] == "43200"


async def test_too_large_body_is_rejected(api: ApiClient) -> None:
    status, answer = await api.send("POST", API, data=BytesIO(b" " * (2 << 20)))
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")


async def test_ping_is_200_when_ready(api: ApiClient) -> None:
    async with api.request("GET", "/ping", token="") as response:
        assert response.status == 200


async def test_ping_names_the_missing_transport(api: ApiClient) -> None:
    await api.webrtc.close()
    async with api.request("GET", "/ping", token="") as response:
        error = (await response.json())["error"]
        assert (response.status, error["status"]) == (503, "UNAVAILABLE")
        assert "webrtc" in error["message"]


async def test_metrics_have_every_engine_counter(api: ApiClient) -> None:
    async with api.request("GET", "/metrics") as response:
        text = await response.text()
        assert response.content_type == "text/plain"
    for name in api.engine.counters():
        assert re.search(rf"^mixminus_{name}_total \d+$", text, re.MULTILINE)
    assert re.search(r'^mixminus_tick_lateness_us\{quantile="0.99"\} \d+$', text, re.MULTILINE)
    assert "mixminus_conferences 0\n" in text


def test_names_after_a_colon_are_labels_of_one_metric() -> None:
    assert families({"a.b": 1, "c:one": 2, "c:two": 3}) == {
        "a.b": {"": 1},
        "c": {'{name="one"}': 2, '{name="two"}': 3},
    }


@pytest.mark.parametrize(("query", "status"), [("", 401), ("?token=garbage", 401), (f"?token={KEY}", 200)])
async def test_metrics_need_a_credential(api: ApiClient, query: str, status: int) -> None:
    async with api.request("GET", f"/metrics{query}", token="") as response:
        assert response.status == status


OPEN = (
    "/auth/login",
    "/ca.pem",
    "/docs",
    "/health/live",
    "/health/ready",
    "/join",
    "/openapi.json",
    "/ping",
)


async def test_every_path_needs_a_credential_unless_open(api: ApiClient) -> None:
    app = api.client.app
    assert app is not None
    for route in app.router.routes():
        if route.resource and route.resource.canonical in (*GUIDE, *CONSOLE):
            continue  # tests/api/test_guide.py, tests/console/test_console.py
        path = re.sub(r"\{.*?\}", str(uuid4()), route.resource.canonical if route.resource else "")
        if path not in (*OPEN, *VIEWER_FILES) and route.method != "OPTIONS":
            async with api.request(route.method, path, token="") as response:
                assert response.status == 401, (route.method, path)


async def test_join_page_is_open_and_has_a_strict_policy(api: ApiClient) -> None:
    async with api.request("GET", "/join", token="") as response:
        assert (response.status, response.content_type) == (200, "text/html")
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", policy)
