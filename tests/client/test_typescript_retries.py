"""The TypeScript client sends a request again by the rules of the Python client, against a server that really fails."""

from typing import Any, Final

from tests.client.failing import Failing, Seen
from tests.client.typescript import Package
from tests.support.ports import free_port

BEGINNING: Final = """\
import { Client, request } from "./dist/index.js";

const [url, token] = process.argv.slice(2);
const outcome = (promise) => promise.then(() => "answered", ({ constructor, status }) => `${constructor.name} ${status ?? ""}`.trim());
const statuses = [];
const client = (options) => new Client({ url, token, observe: (_, status) => statuses.push(status), ...options });
const place = request("post", "/v1.0/calls", { body: { destinations: [{ type: "tel", target: "+15551234567" }] } });
"""
CASES: Final = """\
const path = { id: "7b1f5a7e-0000-4000-8000-000000000000" };
const kinds = {
  get: request("get", "/v1.0/calls"),
  put: request("put", "/v1.0/flows/{id}", { path, body: { name: "n", actions: [] } }),
  delete: request("delete", "/v1.0/flows/{id}", { path }),
  post: place,
  patch: request("patch", "/v1.0/conferencecalls/{id}", { path, body: { muted: true } }),
  login: request("post", "/auth/login", { body: { username: "u", password: "p" } }),
};
const results = {};
await Promise.all(["cut", "fail", "refuse"].flatMap((way) => Object.entries(kinds).map(async ([kind, what]) => {
  results[`${kind} ${way}`] = await outcome(client({ token: `${kind} ${way}`, retries: { firstMs: 1 } }).send(what));
})));
process.stdout.write(JSON.stringify(results));
"""
REFUSED: Final = """\
const began = performance.now();
const result = await outcome(client().send(place));
process.stdout.write(JSON.stringify({ result, statuses, waitedMs: performance.now() - began }));
"""
LAST: Final = """\
const result = await outcome(client({ retries: { attempts: 2, longestMs: 1 } }).send(place));
const stream = new ReadableStream({ start: (each) => each.close() });
const streamed = await outcome(client({ token: "refuse stream" }).fetch(place, { body: stream, duplex: "half" }));
process.stdout.write(JSON.stringify({ result, streamed, statuses }));
"""
UNSENT: Final = """\
const mute = request("patch", "/v1.0/conferencecalls/{id}", { path: { id: "any" }, body: { muted: true } });
process.stdout.write(JSON.stringify({ result: await outcome(client({ retries: { firstMs: 1 } }).send(mute)), statuses }));
"""


def attempts(failing: Failing, case: str) -> list[Seen]:
    return [each for each in failing.seen if each.credential == f"Bearer {case}"]


def test_what_is_sent_again(failing: Failing, package: Package) -> None:
    results: dict[str, str] = package.run("cases", BEGINNING + CASES, failing.url)
    for case, result in results.items():
        kind, way = case.split()
        seen = attempts(failing, case)
        is_repeated = way == "refuse" or kind not in ("patch", "login")
        expected = (
            "answered" if is_repeated else {"cut": "ServerUnreachable", "fail": "RequestFailed 500"}[way]
        )
        assert (case, result, len(seen)) == (case, expected, 3 if is_repeated else 1)
        assert len(set(seen)) == 1, "the same path and Idempotency-Key"
        assert bool(seen[0].key) == (kind == "post")
    assert len({each.key for each in failing.seen if each.key}) == 3, "one for each request"


def test_retry_after_is_waited_for(failing: Failing, package: Package) -> None:
    printed: dict[str, Any] = package.run("refused", BEGINNING + REFUSED, failing.url, "refuse")
    assert (printed["result"], printed["statuses"]) == ("answered", [503, 503, 200])
    assert printed["waitedMs"] >= 1990, "twice Retry-After, less the imprecision of timers"


def test_attempts_are_bounded_and_a_stream_is_sent_once(failing: Failing, package: Package) -> None:
    printed: dict[str, Any] = package.run("last", BEGINNING + LAST, failing.url, "refuse")
    assert (printed["result"], printed["streamed"]) == ("RequestFailed 503", "RequestFailed 503")
    assert printed["statuses"] == [503] * 3


def test_what_has_not_reached_the_server_is_sent_again(package: Package) -> None:
    nowhere = f"http://127.0.0.1:{free_port('127.0.0.1')}"
    assert package.run("unsent", BEGINNING + UNSENT, nowhere, "any") == {
        "result": "ServerUnreachable",
        "statuses": [0] * 4,
    }
