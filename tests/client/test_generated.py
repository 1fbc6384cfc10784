"""The generated modules: complete, current, and the same for both clients."""

import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from mixminus.api.application import OPERATIONS
from mixminus.api.document import document
from mixminus.client import AsyncClient, Client
from mixminus.client.errors import CATEGORIES, ApiError
from mixminus.client.generated.operations import Operations

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "src/client/generated"
PATHS = document(OPERATIONS, "")["paths"]
SOCKETS = {
    "stream_conference": "stream_conference",
    "stream_call": "stream_call",
    "watch_captions": "captions",
    "watch_meters": "watch_meters",
    "listen_by_web_socket": "events",
    "listen_by_web_socket_as_agent": "events",
}
"""WebSockets, which are methods written by hand."""


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_client", ROOT / "tools/generate_client.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def method_names() -> set[str]:
    ids = [operation["operationId"] for path in PATHS.values() for operation in path.values()]
    return {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", each).lower() for each in ids}


def test_the_committed_modules_are_those_of_this_document(tmp_path: Path) -> None:
    generator().generate(tmp_path)
    for made in sorted(tmp_path.glob("*.py")):
        assert made.read_text() == (COMMITTED / made.name).read_text(), (
            f"{made.name} is not current: run `python tools/generate_client.py`"
        )


def test_the_generator_knows_the_categories_of_errors() -> None:
    assert {status: kind.__name__ for status, kind in CATEGORIES.items()} == generator().CATEGORIES


@pytest.mark.parametrize("name", sorted(method_names() - SOCKETS.keys()))
def test_every_operation_is_a_method_of_both_clients(name: str) -> None:
    blocking, waiting = getattr(Client, name), getattr(AsyncClient, name)
    assert inspect.signature(blocking).parameters.keys() == inspect.signature(waiting).parameters.keys()
    assert inspect.getdoc(blocking) == inspect.getdoc(waiting) != ""


def test_web_sockets_are_the_operations_without_a_generated_method() -> None:
    assert {name for name in method_names() if not hasattr(Operations, name)} == SOCKETS.keys()


@pytest.mark.parametrize("name", sorted(set(SOCKETS.values())))
def test_every_web_socket_is_a_method_of_both_clients(name: str) -> None:
    blocking, waiting = getattr(Client, name), getattr(AsyncClient, name)
    assert inspect.signature(blocking).parameters.keys() == inspect.signature(waiting).parameters.keys()


def test_every_reason_of_the_document_is_an_exception() -> None:
    reasons = {
        reason
        for path in PATHS.values()
        for operation in path.values()
        for response in operation["responses"].values()
        for reason in response.get("x-reasons", [])
    }
    assert reasons == set(ApiError.reasons)
