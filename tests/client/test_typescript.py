"""The TypeScript client: every operation of the document, typed, and a program that uses it with a real server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from mixminus.api.application import OPERATIONS
from mixminus.api.document import document
from tests.client.typescript import Package, compiled
from tests.support.ports import free_port
from tests.support.server import ACCESS_KEY, Server

JSON: Final = "application/json"
PATHS: Final[dict[str, dict[str, Any]]] = document(OPERATIONS, "")["paths"]
BEGINNING: Final = """\
import { request, type AnswerOf, type BodyOf, type Operation, type PathOf, type QueryOf, type SocketPath } from "mixminus-client";

type Known<T> = 0 extends 1 & T ? false : [T] extends [never] ? false : unknown extends T ? false : [T] extends [undefined] ? false : true;
type Holds<T extends true> = T;

// @ts-expect-error -- a path that the document does not have
request("get", "/v1.0/nothing");
// @ts-expect-error -- an operation that a path does not have
request("delete", "/v1.0/customer");
// @ts-expect-error -- a field that a body does not have
request("post", "/v1.0/conferences", { body: { type: "conference", colour: "red" } });
// @ts-expect-error -- an answer of the wrong type
export const wrong: AnswerOf<Operation<"/v1.0/conferences", "get">> = { result: "none", next_page_token: "" };
"""
PROGRAM: Final = """\
import { Client, request } from "./dist/index.js";

const [url, token, nowhere] = process.argv.slice(2);
const observed = [];
const client = new Client({ url, token, observe: (what, status) => observed.push([what.method, what.url, status]) });
const failure = (promise) => promise.then(() => "none", ({ constructor, status, reason, requestId }) => ({ name: constructor.name, status, reason, identified: Boolean(requestId) }));
const page = (page_token) => request("get", "/v1.0/flows", { query: { page_size: 2, page_token } });
const absent = request("get", "/v1.0/flows/{id}", { path: { id: "7b1f5a7e-0000-4000-8000-000000000000" } });

for (const name of ["one", "two", "three"]) await client.send(request("post", "/v1.0/flows", { body: { name, actions: [] } }));
const flows = [];
for await (const each of client.list(page)) flows.push(each);
for (const name of ["one", "two", "three"]) await client.send(request("post", "/v1.0/conferences", { body: { type: "conference", name } }));
const types = [];
for await (const { type } of client.list((after) => request("get", "/v1.0/events", { query: { page_size: 2, after } }))) types.push(type);
const { answer, tag } = await client.sendTagged(request("get", "/v1.0/flows/{id}", { path: { id: flows[0].id } }));
const put = request("put", "/v1.0/flows/{id}", { path: { id: answer.id }, body: { name: "first", actions: [] } });
const stale = await failure(client.send({ ...put, headers: { "If-Match": '"other"' } }));
const renamed = await client.send({ ...put, headers: { "If-Match": tag } });
process.stdout.write(JSON.stringify({
  names: flows.map(({ name }) => name),
  types,
  renamed: renamed.name,
  stale,
  absent: await failure(client.send(absent)),
  unauthenticated: await failure(new Client({ url }).send(absent)),
  unreachable: await failure(new Client({ url: nowhere }).send(absent)),
  metrics: (await (await client.fetch(request("get", "/metrics"))).text()).includes("mixminus_"),
  customer: (await client.http.GET("/v1.0/customer")).data.id,
  observed,
}));
"""


def checks() -> Iterator[str]:
    """Yield one check for each operation of the document, in TypeScript."""
    number = 0
    for path, verbs in PATHS.items():
        for verb, operation in verbs.items():
            number += 1
            subject = f'Operation<"{path}", "{verb}">'
            if "101" in operation["responses"]:
                yield f'export const s{number}: SocketPath = "{path}";'
                continue
            yield f'export const r{number} = request("{verb}", "{path}");'
            if JSON in operation.get("requestBody", {}).get("content", {}):
                yield f"export type B{number} = Holds<Known<BodyOf<{subject}>>>;"
            content = operation["responses"].get("200", {}).get("content", {})
            if list(content) == [JSON] and content[JSON].get("schema"):
                yield f"export type A{number} = Holds<Known<AnswerOf<{subject}>>>;"
            for place, kind in (("path", "PathOf"), ("query", "QueryOf")):
                for each in operation.get("parameters", []):
                    if each["in"] == place:
                        yield f'export type {kind}{number}_{each["name"]} = Holds<Known<Required<{kind}<{subject}>>["{each["name"]}"]>>;'


def test_the_client_has_every_operation_of_the_document_with_typed_parts_and_answers(tmp_path: Path) -> None:
    lines = list(checks())
    operations = sum(len(verbs) for verbs in PATHS.values())
    assert sum(line.startswith("export const") for line in lines) == operations
    (tmp_path / "check.ts").write_text("\n".join([BEGINNING, *lines]))
    done = compiled(tmp_path, tmp_path / "check.ts")
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.fixture(scope="module")
def answers(server: Server, package: Package) -> dict[str, Any]:
    """What a program in Node.js prints that uses the compiled client."""
    nowhere = f"http://127.0.0.1:{free_port('127.0.0.1')}"
    printed: dict[str, Any] = package.run("program", PROGRAM, server.url, ACCESS_KEY, nowhere)
    return printed


def test_lists_go_over_all_pages(answers: dict[str, Any]) -> None:
    assert answers["names"] == ["three", "two", "one"]


def test_events_are_listed_over_all_pages(answers: dict[str, Any]) -> None:
    assert answers["types"].count("conference_created") == 3


def test_every_post_that_is_sent_again_takes_an_idempotency_key() -> None:
    takes = {
        path
        for path, verbs in PATHS.items()
        if any(each["name"] == "Idempotency-Key" for each in verbs.get("post", {}).get("parameters", []))
    }
    assert takes == {path for path, verbs in PATHS.items() if "post" in verbs and path.startswith("/v1.0/")}


def test_entity_tags_protect_a_change(answers: dict[str, Any]) -> None:
    assert answers["renamed"] == "first"
    assert answers["stale"]["status"] == 412


@pytest.mark.parametrize(
    ("case", "name", "status", "reason"),
    [
        ("absent", "RequestFailed", 404, "FLOW_NOT_FOUND"),
        ("unauthenticated", "RequestFailed", 401, "AUTHENTICATION_REQUIRED"),
    ],
)
def test_refusals_are_thrown_with_their_reason(
    answers: dict[str, Any], case: str, name: str, status: int, reason: str
) -> None:
    assert answers[case] == {"name": name, "status": status, "reason": reason, "identified": True}


def test_no_answer_is_thrown_as_such(answers: dict[str, Any]) -> None:
    assert answers["unreachable"] == {"name": "ServerUnreachable", "identified": False}


def test_other_answers_than_json_and_openapi_fetch_itself_can_be_used(
    server: Server, answers: dict[str, Any]
) -> None:
    assert answers["metrics"]
    assert answers["customer"] == server.call("GET", "/customer").json["id"]


def test_requests_are_observed_with_their_addresses(answers: dict[str, Any]) -> None:
    assert answers["observed"][0] == ["post", "v1.0/flows", 200]
    assert ["get", "v1.0/flows?page_size=2", 200] in answers["observed"]
    assert [status for _, url, status in answers["observed"] if url.endswith("8000-000000000000")] == [404]
