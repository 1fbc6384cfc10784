"""Operation: everything that is to be said about one method on one path."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel

from mixminus.errors import MixMinusError

__all__ = ["JSON", "Answer", "Operation", "Parameter", "RequestBody"]

JSON: Final = "application/json"
PATH_PARAMETER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter or a header; all are optional."""

    place: str
    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


@dataclass(frozen=True, slots=True)
class RequestBody:
    """What is sent: a model of ``api.schemas``, or text of another type."""

    model: type[BaseModel] | None = None
    media_type: str = JSON
    required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back when all goes well: a model of ``shapes``, bytes of another type, or nothing."""

    model: type[BaseModel] | None = None
    status: int = 200
    description: str = "Done."
    media_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One row of the table: a route, and what a client must know of it."""

    method: str
    path: str
    """Below the API's root, unless ``outside``."""
    tag: str
    name: str
    """The operationId; programs that generate clients name their methods by it."""
    summary: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: RequestBody | None = None
    answers: tuple[Answer, ...]
    errors: tuple[type[MixMinusError], ...] = ()
    """What this operation refuses beyond what ``implied`` adds."""
    outside: bool = False
    """The path is the whole path, and means the same in every version of the API."""
    open: bool = False
    """Nobody is asked for a key."""
    silent: bool = False
    """What is wrong with the body is not told: the row's answers say what is."""

    @property
    def path_parameters(self) -> tuple[str, ...]:
        return tuple(PATH_PARAMETER.findall(self.path))

    @property
    def is_single(self) -> bool:
        """Whether the path names one resource, by its id."""
        return self.path.endswith("/{id}") and not self.outside
