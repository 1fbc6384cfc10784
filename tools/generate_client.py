"""Generates ``src/client/generated`` from the operations of the API: ``python tools/generate_client.py``.

Models and methods come from the OpenAPI document alone, as any generator would see it. Generators that exist make a
module for each operation, or nothing but models; this one makes one method for each operation, with lists as
iterators, which is what a person types.
"""

import keyword
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import indent
from typing import Any, Final

from mixminus.api.application import OPERATIONS
from mixminus.api.document import document

FOLDER: Final = Path(__file__).parents[1] / "src/client/generated"
HEADER: Final = '"""{}\n\nMade by tools/generate_client.py; not edited by hand.\n"""\n\n'
REFERENCE: Final = "#/components/schemas/"
JSON: Final = "application/json"
MANAGED: Final = {"page_token", "customer_id", "X-Request-Id", "Idempotency-Key", "If-None-Match"}
"""Parameters that the client sends by itself, or not at all."""
TIME: Final = "UTC with microseconds."
"""The description of every time begins with it."""
PAGES: Final = {"next_page_token": "page_token", "next_after": "after", "next_before": "before"}
"""The parameter of the next page, by the field of a page."""
CATEGORIES: Final = {
    400: "InvalidRequest",
    401: "Unauthenticated",
    402: "PaymentRequired",
    403: "PermissionDenied",
    404: "NotFound",
    409: "Conflict",
    412: "Conflict",
    415: "InvalidRequest",
    422: "InvalidRequest",
    428: "Conflict",
    429: "Exhausted",
    503: "Unavailable",
}
"""Classes of ``mixminus.client.errors`` by the status of HTTP; a test compares them with its own table."""
SCALARS: Final = {"integer": "int", "number": "float", "boolean": "bool", "null": "None", "string": "str"}

Json = dict[str, Any]


class Types:
    """Annotations of JSON schemas, for what is sent or for what is received."""

    def __init__(self, schemas: Mapping[str, Json], *, sent: bool) -> None:
        self._schemas = schemas
        self._sent = sent
        self.used: dict[str, None] = {}
        """Names of the schemas that were referred to."""

    def of(self, schema: Json) -> str:
        if "$ref" in schema:
            return self._named(schema["$ref"].removeprefix(REFERENCE))
        if "anyOf" in schema:
            return " | ".join(dict.fromkeys(self.of(each) for each in schema["anyOf"]))
        if "enum" in schema or "const" in schema:
            return f"Literal[{', '.join(map(repr, schema.get('enum', [schema.get('const')])))}]"
        return self._plain(schema)

    def _plain(self, schema: Json) -> str:
        kind = schema.get("type")
        if kind == "array":
            return f"{'Sequence' if self._sent else 'list'}[{self.of(schema.get('items', {}))}]"
        if kind == "object":
            values = schema.get("additionalProperties", True)
            inner = self.of(values) if isinstance(values, dict) else "Any"
            return f"{'Mapping' if self._sent else 'dict'}[str, {inner}]"
        if schema.get("format") == "uuid":
            return "UUID | str" if self._sent else "UUID"
        if schema.get("format") == "date":
            return "date | str" if self._sent else "date"
        return SCALARS.get(str(kind), "Any")

    def _named(self, name: str) -> str:
        if name == "Action":
            return "Mapping[str, Any]" if self._sent else "dict[str, Any]"
        schema = self._schemas[name]
        if "enum" in schema:
            return self.of(schema)
        self.used[name] = None
        return name


def models(schemas: Mapping[str, Json], answers: Iterator[str]) -> str:
    """Return a class for each answer, and before it one for each that it contains."""
    classes: dict[str, str] = {}

    def add(name: str) -> None:
        if name in classes:
            return
        types = Types(schemas, sent=False)
        text = _model(name, schemas[name], types)
        for part in types.used:
            add(part)
        classes[name] = text

    for name in sorted(answers):
        add(name)
    return (
        HEADER.format("Answers of the API.")
        + "from datetime import date\nfrom typing import Any, Literal\nfrom uuid import UUID\n\n"
        + "from mixminus.client.request import Model, Timestamp\n\n"
        + f"__all__ = {sorted(classes)!r}\n\n\n"
        + "\n\n".join(classes.values())
    )


def _model(name: str, schema: Json, types: Types) -> str:
    lines = [f"class {name}(Model):", indent(_docstring(schema.get("description", f"{name}.")), "    ")]
    for key, value in schema["properties"].items():
        kind = "Timestamp" if value.get("description", "").startswith(TIME) else types.of(value)
        lines.append(f"    {key}: {kind}")
        if value.get("description") and kind != "Timestamp":
            lines.append(indent(_docstring(value["description"]), "    "))
    return "\n".join(lines) + "\n"


def inputs(schemas: Mapping[str, Json], types: Types) -> str:
    """Return a TypedDict for each object inside of a request's body."""
    lines, done = list[str](), set[str]()
    while waiting := [name for name in types.used if name not in done]:
        for name in waiting:
            done.add(name)
            required = schemas[name].get("required", [])
            fields = [
                f"    {key}: {'Required' if key in required else 'NotRequired'}[{types.of(value)}]"
                for key, value in schemas[name]["properties"].items()
            ]
            about = _docstring(schemas[name].get("description", "A part of a request's body."))
            lines.append("\n".join([f"class {name}(TypedDict):", indent(about, "    "), *fields]) + "\n")
    return (
        HEADER.format("Objects inside of requests' bodies.")
        + "from collections.abc import Sequence\nfrom typing import Any, Literal, NotRequired, Required, TypedDict\n"
        + f"from uuid import UUID\n\n__all__ = {sorted(done)!r}\n\n\n"
        + "\n\n".join(sorted(lines))
    )


class Method:
    """One method of the clients."""

    def __init__(
        self, path: str, verb: str, operation: Json, schemas: Mapping[str, Json], types: Types
    ) -> None:
        self._path, self._verb, self._operation = path, verb.upper(), operation
        self._schemas, self._types = schemas, types
        self._body = operation.get("requestBody", {}).get("content", {})
        self.name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation["operationId"]).lower()

    @property
    def is_socket(self) -> bool:
        return "101" in self._operation["responses"]

    @property
    def answer(self) -> str:
        """The name of the answer's schema; empty if it is not JSON."""
        schema = self._success().get(JSON, {}).get("schema", {})
        return str(schema.get("$ref", "")).removeprefix(REFERENCE) if len(self._success()) == 1 else ""

    @property
    def row(self) -> str:
        """The name of a row's schema; empty if the answer is no page."""
        page = self._schemas.get(self.answer, {}).get("properties", {})
        rows = page.get("result", {}).get("items", {}) if self._token() else {}
        return str(rows.get("$ref", "")).removeprefix(REFERENCE)

    def text(self, *, is_async: bool) -> str:
        call, kind = self._call()
        if self.row:
            kind = f"{'AsyncIterator' if is_async else 'Iterator'}[{kind}]"
        define, wait = ("async def", "await ") if is_async and not self.row else ("def", "")
        arguments = ", ".join(["self", *self._arguments()])
        return "\n".join(
            [
                f"    {define} {self.name}({arguments}) -> {kind}:",
                indent(_docstring(self._about()), "        "),
                f"        request = {self._request()}",
                f"        {'' if kind == 'None' else 'return '}{wait}{call}",
                "",
            ]
        )

    def _success(self) -> Json:
        responses = self._operation["responses"]
        code = next(code for code in sorted(responses) if code.startswith(("1", "2")))
        content: Json = responses[code].get("content", {})
        return content

    def _token(self) -> str:
        page = self._schemas.get(self.answer, {}).get("properties", {})
        return next((field for field in PAGES if field in page), "")

    def _call(self) -> tuple[str, str]:
        if self.row:
            token = self._token()
            return f"self._list(request, Listing({self.row}, {token!r}, {PAGES[token]!r}))", self.row
        if self.answer:
            return f"self._get(request, {self.answer})", self.answer
        if self._success():
            return "self._fetch(request)", "Response"
        return "self._do(request)", "None"

    def _parameters(self, place: str) -> list[tuple[str, str, str, bool]]:
        """Return name, argument, annotation and whether it is required, of each parameter in a place."""
        return [
            (
                each["name"],
                _argument(each["name"]),
                self._types.of(each["schema"]),
                each.get("required", False),
            )
            for each in self._operation.get("parameters", [])
            if each["in"] == place and each["name"] not in MANAGED
        ]

    def _fields(self) -> list[tuple[str, str, str, bool]]:
        schema = self._body.get(JSON, {}).get("schema", {})
        schema = self._schemas[schema["$ref"].removeprefix(REFERENCE)] if "$ref" in schema else schema
        required = schema.get("required", [])
        return [
            (key, _argument(key), self._types.of(value), key in required)
            for key, value in schema.get("properties", {}).items()
        ]

    def _arguments(self) -> Iterator[str]:
        for _, argument, kind, _required in self._parameters("path"):
            yield f"{argument}: {kind}"
        if self._body and JSON not in self._body:
            yield "content: str"
        named = [*self._fields(), *self._parameters("query"), *self._parameters("header")]
        if named:
            yield "*"
        for _, argument, kind, required in sorted(named, key=lambda each: not each[3]):
            yield f"{argument}: {kind}" if required else f"{argument}: {kind} | Unset = UNSET"

    def _request(self) -> str:
        path = self._path
        for name, argument, _, _ in self._parameters("path"):
            path = path.replace(f"{{{name}}}", f"{{{argument}}}")
        parts = [repr(self._verb), f'f"{path}"' if "{" in path else repr(path)]
        for place, name in (("query", "query"), ("header", "headers")):
            if pairs := self._parameters(place):
                parts.append(f"{name}={_mapping(pairs)}")
        if self._body and JSON not in self._body:
            parts += ["body=content", f"media_type={next(iter(self._body))!r}"]
        elif self._body:
            parts.append(f"body={_mapping(self._fields())}")
        if any(each["name"] == "Idempotency-Key" for each in self._operation.get("parameters", [])):
            parts.append("repeatable=True")
        return f"Request({', '.join(parts)})"

    def _about(self) -> str:
        summary = self._operation["summary"].rstrip(".") + "."
        description = self._operation.get("description", "")
        about = [
            f"``{_argument(each['name'])}``: {each['description']}"
            for each in self._operation.get("parameters", [])
            if each["in"] != "path" and each["name"] not in MANAGED | {"page_size", "If-Match"}
        ]
        return "\n\n".join([summary, *([description] if description else []), *about])


def operations(methods: list[Method], *, is_async: bool) -> str:
    """Return the class with a method for each operation."""
    sender, iterator = ("AsyncSender", "AsyncIterator") if is_async else ("Sender", "Iterator")
    name = "AsyncOperations" if is_async else "Operations"
    body = "\n".join(method.text(is_async=is_async) for method in methods)
    names = [*(method.row for method in methods), *(method.answer for method in methods if not method.row)]
    answers = [each for each in dict.fromkeys(names) if each and re.search(rf"\b{each}\b", body)]
    parts = [each for each in methods[0]._types.used if re.search(rf"\b{each}\b", body)]
    return (
        HEADER.format("One method for each operation of the API.")
        + f"from collections.abc import {iterator}, Mapping, Sequence\nfrom datetime import date\nfrom typing import Any, Literal\n"
        + "from uuid import UUID\n\n"
        + f"from mixminus.client.generated.inputs import {', '.join(parts)}\n"
        + f"from mixminus.client.generated.models import {', '.join(answers)}\n"
        + "from mixminus.client.request import UNSET, Listing, Request, Response, Unset\n"
        + f"from mixminus.client.sender import {sender}\n\n__all__ = ['{name}']\n\n\n"
        + f"class {name}({sender}):\n"
        + '    """Every operation of the API; ``UNSET`` leaves an argument to the server\'s default."""\n\n'
        + body
    )


def reasons(paths: Mapping[str, Mapping[str, Json]]) -> str:
    """Return a class for each reason of an error."""
    found: dict[str, int] = {}
    for path in paths.values():
        for operation in path.values():
            for code, response in operation["responses"].items():
                for reason in response.get("x-reasons", []):
                    found.setdefault(reason, int(code))
    lines = list[str]()
    for reason, status in sorted(found.items()):
        name = "".join(word.capitalize() for word in reason.split("_"))
        base = f"errors.{CATEGORIES.get(status, 'ApiError')}"
        lines.append(f'class {name}({base}, reason="{reason}"):\n    """{reason}"""\n')
    names = sorted("".join(word.capitalize() for word in reason.split("_")) for reason in found)
    return (
        HEADER.format("An exception for each reason of an error (api.md section 14.2).")
        + f"from mixminus.client import errors\n\n__all__ = {names!r}\n\n\n"
        + "\n\n".join(lines)
    )


def _argument(name: str) -> str:
    name = name.removeprefix("X-").replace("-", "_").lower()
    return name + "_" if keyword.iskeyword(name) else name


def _mapping(pairs: list[tuple[str, str, str, bool]]) -> str:
    return "{" + ", ".join(f"{name!r}: {argument}" for name, argument, _, _ in pairs) + "}"


def _docstring(text: str) -> str:
    text = text.replace("\\", "\\\\").strip()
    return f'"""{text}"""' if "\n" not in text else f'"""{text}\n"""'


def generate(folder: Path) -> None:
    """Write the modules into a folder, formatted."""
    whole = document(OPERATIONS, "")
    schemas, sent = whole["components"]["schemas"], Types(whole["components"]["schemas"], sent=True)
    methods = [
        Method(path, verb, operation, schemas, sent)
        for path, verbs in whole["paths"].items()
        for verb, operation in verbs.items()
    ]
    methods = [method for method in methods if not method.is_socket]
    texts = {
        "operations": operations(methods, is_async=False),
        "async_operations": operations(methods, is_async=True),
    }
    texts["models"] = models(schemas, (method.row or method.answer for method in methods if method.answer))
    texts["inputs"] = inputs(schemas, sent)
    texts["reasons"] = reasons(whole["paths"])
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "check", "--quiet", "--fix-only", "--select", "I,F401,PYI030", folder], check=True)
    subprocess.run([*ruff, "format", "--quiet", folder], check=True)


if __name__ == "__main__":
    generate(FOLDER)
