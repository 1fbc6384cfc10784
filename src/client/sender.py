"""Senders: send a request over HTTP, retry it, and return its answer; one that blocks and one for asyncio."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID, uuid4

import httpx

from mixminus.client.request import Answer, Listing, Request, Response, Row, checked, decoded, parsed
from mixminus.client.retries import Outcome, Retries

__all__ = ["AsyncSender", "Configured", "Sender"]

DEFAULT_URL: Final = "http://127.0.0.1:8080"
_TIMEOUT_S: Final = 30.0


class Configured:
    """Where the server is, and how requests are sent.

    ``url`` and ``key`` default to the environment's ``MIXMINUS_URL`` and ``MIXMINUS_KEY``. ``key`` is an access key
    or a session token. ``authority`` is a file with the root certificate of the server, where it is not a public one
    (``/ca.pem``). ``customer_id`` is the customer for which a super admin acts.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        key: str | None = None,
        authority: Path | str | None = None,
        customer_id: UUID | str | None = None,
        retries: Retries | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self.url = (url or os.environ.get("MIXMINUS_URL") or DEFAULT_URL).rstrip("/")
        self.key = key or os.environ.get("MIXMINUS_KEY") or ""
        self.customer_id = customer_id
        self.retries = retries or Retries()
        self.verify = httpx.create_ssl_context(verify=str(authority)) if authority else True
        self._options: dict[str, Any] = {"base_url": self.url, "timeout": timeout_s, "verify": self.verify}

    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def _arguments(self, request: Request) -> dict[str, Any]:
        query = request.parameters()
        if self.customer_id:
            query["customer_id"] = str(self.customer_id)
        headers = {**self.headers(), **request.sent_headers()}
        if request.repeatable:
            headers.setdefault("Idempotency-Key", str(uuid4()))
        return {
            "method": request.method,
            "url": request.path,
            "params": query,
            "headers": headers,
            "content": request.content(),
        }


class Sender(Configured):
    """Sends requests and blocks until they are answered."""

    def __init__(self, url: str | None = None, **options: Any) -> None:
        super().__init__(url, **options)
        self.http = httpx.Client(**self._options)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, request: Request) -> httpx.Response:
        arguments, exchange = self._arguments(request), self.retries.exchange(request)
        pause_s = next(exchange)
        while True:
            time.sleep(pause_s)
            outcome: Outcome
            try:
                outcome = self.http.request(**arguments)
            except httpx.TransportError as error:
                outcome = error
            try:
                pause_s = exchange.send(outcome)
            except StopIteration as end:
                answer: httpx.Response = end.value
                return answer

    def _get(self, request: Request, model: type[Answer]) -> Answer:
        answer = self._send(request)
        return parsed(model, decoded(answer.status_code, answer.content))

    def _do(self, request: Request) -> None:
        answer = self._send(request)
        checked(answer.status_code, answer.content)

    def _fetch(self, request: Request) -> Response:
        answer = self._send(request)
        checked(answer.status_code, answer.content)
        return Response(answer.status_code, answer.headers, answer.content)

    def _list(self, request: Request, listing: Listing[Row]) -> Iterator[Row]:
        following: Request | None = request
        while following:
            answer = self._send(following)
            page = decoded(answer.status_code, answer.content)
            yield from listing.rows(page)
            following = listing.following(following, page)


class AsyncSender(Configured):
    """Sends requests in asyncio."""

    def __init__(self, url: str | None = None, **options: Any) -> None:
        super().__init__(url, **options)
        self.http = httpx.AsyncClient(**self._options)

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _send(self, request: Request) -> httpx.Response:
        arguments, exchange = self._arguments(request), self.retries.exchange(request)
        pause_s = next(exchange)
        while True:
            await asyncio.sleep(pause_s)
            outcome: Outcome
            try:
                outcome = await self.http.request(**arguments)
            except httpx.TransportError as error:
                outcome = error
            try:
                pause_s = exchange.send(outcome)
            except StopIteration as end:
                answer: httpx.Response = end.value
                return answer

    async def _get(self, request: Request, model: type[Answer]) -> Answer:
        answer = await self._send(request)
        return parsed(model, decoded(answer.status_code, answer.content))

    async def _do(self, request: Request) -> None:
        answer = await self._send(request)
        checked(answer.status_code, answer.content)

    async def _fetch(self, request: Request) -> Response:
        answer = await self._send(request)
        checked(answer.status_code, answer.content)
        return Response(answer.status_code, answer.headers, answer.content)

    async def _list(self, request: Request, listing: Listing[Row]) -> AsyncIterator[Row]:
        following: Request | None = request
        while following:
            answer = await self._send(following)
            page = decoded(answer.status_code, answer.content)
            for row in listing.rows(page):
                yield row
            following = listing.following(following, page)
