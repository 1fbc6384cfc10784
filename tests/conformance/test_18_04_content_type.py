"""4: a request body is read as JSON, with any Content-Type or none."""

import pytest

from tests.api.client import ApiClient

BODY = b'{"type":"conference","name":"x"}'


@pytest.mark.parametrize(
    "content_type",
    [None, "application/x-www-form-urlencoded", "text/plain; charset=utf-16", "application/json", "nonsense"],
)
async def test_18_04_body_is_json_with_any_content_type(api: ApiClient, content_type: str | None) -> None:
    options = (
        {"headers": {"Content-Type": content_type}}
        if content_type
        else {"skip_auto_headers": ["Content-Type"]}
    )
    status, room = await api.send("POST", "/v1.0/conferences", data=BODY, **options)
    assert (status, room["name"]) == (200, "x")


async def test_18_04_form_data_is_refused(api: ApiClient) -> None:
    status, answer = await api.send("POST", "/v1.0/conferences", data=b"type=conference")
    assert (status, answer["error"]["reason"]) == (400, "INVALID_JSON_BODY")
