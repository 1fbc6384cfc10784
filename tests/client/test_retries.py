"""Retries: by rule, and against servers that really fail."""

from itertools import pairwise
from time import monotonic

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.client import ApiError, Client, ConnectionFailed
from mixminus.client.request import Request
from mixminus.client.retries import Outcome, Retries
from tests.client.failing import Failing

GET = Request("GET", "/")
POST = Request("POST", "/")
REPEATABLE = Request("POST", "/", repeatable=True)


def played(retries: Retries, request: Request, outcomes: list[Outcome]) -> list[float]:
    """Return the pauses before each attempt until the exchange ends."""
    exchange, pauses, left = retries.exchange(request), list[float](), iter(outcomes)
    pauses.append(next(exchange))
    try:
        while True:
            pauses.append(exchange.send(next(left)))
    except (StopIteration, ConnectionFailed):
        return pauses


@pytest.mark.parametrize(
    ("request_", "outcome", "attempts"),
    [
        (GET, httpx.Response(200), 1),
        (GET, httpx.Response(404), 1),
        (GET, httpx.Response(500), 4),
        (POST, httpx.Response(500), 1),
        (REPEATABLE, httpx.Response(500), 4),
        (POST, httpx.Response(503), 4),
        (POST, httpx.Response(429), 4),
        (GET, httpx.ReadError("reset"), 4),
        (POST, httpx.ReadError("reset"), 1),
        (REPEATABLE, httpx.ReadError("reset"), 4),
        (POST, httpx.ConnectError("refused"), 4),
    ],
    ids=lambda value: getattr(value, "method", None) or str(value),
)
def test_what_is_sent_again(request_: Request, outcome: Outcome, attempts: int) -> None:
    assert len(played(Retries(), request_, [outcome] * 9)) == attempts


@given(attempts=st.integers(1, 12), asked=st.sampled_from(["0", "3", "1000000", "soon", "-5", ""]))
def test_pauses_are_bounded_and_as_long_as_asked(attempts: int, asked: str) -> None:
    answer = httpx.Response(503, headers={"Retry-After": asked})
    pauses = played(Retries(attempts), GET, [answer] * attempts)
    assert pauses[0] == 0 and len(pauses) == attempts
    assert all(0.125 <= pause <= 8 for pause in pauses[1:])
    if asked == "3":
        assert all(pause >= 3 for pause in pauses[1:])
    if asked == "0":
        assert all(later > 0.9 * earlier or later > 3.9 for earlier, later in pairwise(pauses[1:]))


@pytest.mark.parametrize("key", ["cut", "refuse"])
def test_a_repeated_post_has_one_idempotency_key(failing: Failing, key: str) -> None:
    began = monotonic()
    with Client(failing.url, key=key) as client:
        placed = client.create_calls(destinations=[{"type": "tel", "target": "+15551234567"}])
    assert placed.calls == []
    assert len(failing.seen) == 3
    assert len(set(failing.seen)) == 1 and failing.seen[0].key
    if key == "refuse":
        assert monotonic() - began >= 2, "twice Retry-After"


def test_the_last_refusal_is_raised(failing: Failing) -> None:
    url = failing.url
    with Client(url, key="refuse", retries=Retries(attempts=2)) as client, pytest.raises(ApiError) as caught:
        client.create_calls(destinations=[])
    assert caught.value.reason == "SERVICE_UNAVAILABLE"
