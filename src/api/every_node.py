"""Requests that every node answers for itself: lists of what nodes have in memory, and work on the files of their disks.

client -> this node -> each other node: the same request, once
                    <- their answers, put together with its own

A node that does not answer makes the whole 503: a part must not be taken for the whole.
"""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from mixminus.api.forward import FORWARDER
from mixminus.api.hops import REMOTE
from mixminus.api.pagination import page_size
from mixminus.api.paths import route_of, without_root

__all__ = ["ask_others", "asked_by_node", "list_everywhere"]

_IN_MEMORY: Final = frozenset({"/speakings", "/traces"})
"""Lists of what each node has in memory."""


def asked_by_node(request: web.Request) -> bool:
    """Return whether another node has sent this request, to put the answers together."""
    return REMOTE in request


async def ask_others(request: web.Request) -> Sequence[bytes]:
    """Send a request to all other nodes and return the bodies of their answers; none if a node has sent it, or without nodes.

    Raises NodeUnreachable unless all answer 200.
    """
    if asked_by_node(request) or FORWARDER not in request.app:
        return ()
    return await request.app[FORWARDER].ask_all(request)


@web.middleware
async def list_everywhere(request: web.Request, handler: Any) -> web.StreamResponse:
    """Answer a list of what is in memory with that of all nodes."""
    response: web.StreamResponse = await handler(request)
    is_list = request.method == hdrs.METH_GET and without_root(route_of(request)) in _IN_MEMORY
    if not (is_list and isinstance(response, web.Response) and response.status == 200):  # noqa: PLR2004
        return response
    if others := await ask_others(request):
        response.body = _merged([response.body, *others], page_size(request))
    return response


def _merged(pages: Sequence[Any], size: int) -> bytes:
    """Return one page, newest first, of what the pages of all nodes contain."""
    rows = [row for page in pages for row in orjson.loads(page)["result"]]
    rows = sorted(rows, key=lambda row: str(row["tm_create"]), reverse=True)[:size]
    token = rows[-1]["tm_create"] if len(rows) == size else ""
    return orjson.dumps({"result": rows, "next_page_token": token})
