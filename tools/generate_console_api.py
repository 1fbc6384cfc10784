"""Writes what the console is built from: the OpenAPI document, and the schemas of its forms.

``python tools/generate_console_api.py FOLDER`` writes openapi.json, of which openapi-typescript makes the types of
the client, and forms.json: the schema of each request body and of each action of flows, by name.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mixminus.api.application import OPERATIONS
from mixminus.api.document import document

REFERENCE = "#/components/schemas/"


def main() -> None:
    """Write both files."""
    folder = Path(sys.argv[1])
    described = document(OPERATIONS, "console")
    schemas = described["components"]["schemas"]
    bodies = {
        content["schema"]["$ref"].removeprefix(REFERENCE)
        for path in described["paths"].values()
        for operation in path.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if "$ref" in content["schema"]
    }
    forms = {name: schemas[name] for name in sorted(_reachable(bodies, schemas))}
    for name, content in (("openapi", described), ("forms", forms)):
        (folder / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")))


def _reachable(names: set[str], schemas: dict[str, Any]) -> set[str]:
    """Return the names of the schemas, and of all that they refer to."""
    found: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(schemas[name])
    return found


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix(REFERENCE)
        for each in schema.values():
            yield from _references(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _references(each)


main()
