"""Rows of what lies outside the API proper, and mostly needs no key."""

from typing import Final

from mixminus.api.openapi import shapes
from mixminus.api.openapi.operation import Answer, Operation
from mixminus.errors import Unavailable

__all__ = ["OPERATIONS"]

HTML: Final = "text/html"
OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/ping",
        tag="System",
        name="ping",
        summary="Ask whether phones and browsers can join",
        answers=(Answer(shapes.Pong, description="They can."),),
        errors=(Unavailable,),
        outside=True,
        open=True,
    ),
    Operation(
        method="GET",
        path="/metrics",
        tag="System",
        name="metrics",
        summary="Read the numbers of the server, for Prometheus",
        answers=(Answer(description="Text format 0.0.4.", media_type="text/plain"),),
        outside=True,
    ),
    Operation(
        method="GET",
        path="/join",
        tag="System",
        name="joinPage",
        summary="Open the page by which a browser joins",
        answers=(Answer(description="The page.", media_type=HTML),),
        outside=True,
        open=True,
    ),
    Operation(
        method="GET",
        path="/docs",
        tag="System",
        name="docsPage",
        summary="Read this description as a page",
        answers=(Answer(description="The page.", media_type=HTML),),
        outside=True,
        open=True,
    ),
    Operation(
        method="GET",
        path="/openapi.json",
        tag="System",
        name="openapi",
        summary="Read this description as a document",
        answers=(Answer(description="OpenAPI 3.1.", media_type="application/json"),),
        outside=True,
        open=True,
    ),
)
