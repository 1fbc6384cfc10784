"""Changes of a few fields of a resource whose PUT replaces all of them."""

import inspect
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

from pydantic import BaseModel

__all__ = ["changed"]

Parameters = ParamSpec("Parameters")
Resource = TypeVar("Resource", bound=BaseModel)
_NOT_FIELDS: Final = {"id", "if_match"}


def changed(
    update: Callable[Parameters, Resource], old: BaseModel, changes: dict[str, Any], *, left_out: str = ""
) -> Resource:
    """Call an operation of the client with the fields that a resource has, and those that are changed.

    A change that is None leaves the field as it is. ``left_out`` is a field that keeps its value if it is absent.
    """
    names = inspect.signature(update).parameters.keys() - _NOT_FIELDS
    kept = {name: value for name, value in old.model_dump(mode="json").items() if value is not None}
    kept.pop(left_out, None)
    given = {name: value for name, value in changes.items() if value is not None}
    fields = {name: value for name, value in (kept | given).items() if name in names}
    return update(old.id, **fields)  # type: ignore[attr-defined]
