"""References: which rows of a list belong to one resource, by ``reference_type`` and ``reference_id`` of the query."""

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from mixminus.api.conventions import IDENTIFIER
from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.operation import Parameter
from mixminus.api.paths import query_id

__all__ = ["parameters", "reference_of"]


def parameters(rows: str, types: Sequence[str]) -> tuple[Parameter, Parameter]:
    """Return the parameters of a list of ``rows``, a plural, that can refer to resources of these types."""
    text = f"Only {rows} of one resource; requires"
    return (
        Parameter(
            "query", "reference_type", f"{text} `reference_id`.", {"type": "string", "enum": list(types)}
        ),
        Parameter("query", "reference_id", f"{text} `reference_type`.", IDENTIFIER),
    )


def reference_of(request: web.Request, types: Sequence[str]) -> tuple[str, UUID] | None:
    """Return the resource whose rows are requested, None for all; InvalidRequestParameter."""
    type_, id_ = request.query.get("reference_type"), query_id(request, "reference_id")
    if (type_ is None) != (id_ is None) or (type_ is not None and type_ not in types):
        raise InvalidRequestParameter(
            f"reference_type ({', '.join(types)}) and reference_id must be sent together"
        )
    return (type_, id_) if type_ is not None and id_ is not None else None
