"""/docs/guide serves the built website, and nothing outside of its folder."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from tests.api.client import ApiClient

GUIDE = Path(str(files("mixminus.console"))) / "guide"


@pytest.fixture
def page() -> Iterator[str]:
    """A page of a guide that is built, or one made for this test."""
    built = GUIDE.exists()
    path = GUIDE / "page-of-a-test.html"
    GUIDE.mkdir(exist_ok=True)
    path.write_text("<h1>A page</h1>")
    yield path.name
    path.unlink()
    if not built:
        GUIDE.rmdir()


async def test_a_page_is_served_without_a_credential(api: ApiClient, page: str) -> None:
    async with api.client.get(f"/docs/guide/{page}") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert await answer.text() == "<h1>A page</h1>"


@pytest.mark.parametrize("path", ["none.html", "..%2Fjoin.html", "%2E%2E%2Fjoin.html", "..%2F..%2Ferrors.py"])
async def test_a_file_outside_of_the_guide_is_not_found(api: ApiClient, page: str, path: str) -> None:
    async with api.client.get(f"/docs/guide/{path}") as answer:
        assert answer.status == 404
        assert (await answer.json())["error"]["reason"] == "ROUTE_NOT_FOUND"


async def test_the_address_without_a_slash_leads_to_the_guide(api: ApiClient) -> None:
    async with api.client.get("/docs/guide", allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == "/docs/guide/"
