"""A client of the HTTP API, async and sync: ``AsyncClient`` and ``Client`` have one method for each operation.

::

    from mixminus.client import Client

    with Client("http://127.0.0.1:8080", key="...") as client:
        room = client.create_conference(type="conference", name="stand-up")
        for participant in client.list_conferencecalls(conference_id=room.id):
            client.change_conferencecall(participant.id, muted=True)

Methods are the operationIds of ``/openapi.json`` in snake case, answers are typed objects, lists are iterators over
all pages. Failures are exceptions: see ``errors``.
"""

from mixminus.client.captions import Caption
from mixminus.client.client import AsyncClient, Client
from mixminus.client.errors import ApiError, ClientError, ConnectionFailed, StreamEnded
from mixminus.client.media import AsyncMediaStream, Mark, MediaStream
from mixminus.client.request import Response

__all__ = [
    "ApiError",
    "AsyncClient",
    "AsyncMediaStream",
    "Caption",
    "Client",
    "ClientError",
    "ConnectionFailed",
    "Mark",
    "MediaStream",
    "Response",
    "StreamEnded",
]
