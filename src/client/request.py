"""Requests and answers: what generated methods send, and how answers become objects."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from mixminus.client.errors import ApiError, UnexpectedAnswer

__all__ = ["UNSET", "Listing", "Model", "Request", "Response", "Timestamp", "Unset", "present"]

_NEVER: Final = 9999
"""The year of a legacy timestamp that means never."""
_FIRST_ERROR: Final = 400


class Unset:
    """The type of UNSET: the argument is left out of the request, so that the server's default applies."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


def _parse_time(value: object) -> object:
    if not isinstance(value, str):
        return value
    moment = datetime.fromisoformat(value)
    if moment.year == _NEVER:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Timestamp = Annotated[datetime | None, BeforeValidator(_parse_time)]
"""A time in UTC; None for what has not happened. Both styles of the API are read (api.md section 1.3)."""


class Model(BaseModel):
    """An answer. Fields that a newer server adds are kept as attributes."""

    model_config = ConfigDict(extra="allow", frozen=True)


Answer = TypeVar("Answer", bound=Model)
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Request:
    """One request of an operation."""

    method: str
    path: str
    """With the identifiers filled in."""
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | str | None = None
    """An object is sent as JSON, a text as it is."""
    media_type: str = "application/json"
    """Of the body."""
    repeatable: bool = False
    """The operation takes an Idempotency-Key, so that a repetition has no second effect."""

    @property
    def safe(self) -> bool:
        """Whether it may be sent again after an answer was lost."""
        return self.repeatable or self.method in {"GET", "PUT", "DELETE"}

    def content(self) -> bytes | None:
        """Return the body as bytes; None if there is none."""
        if self.body is None:
            return None
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(present(self.body), default=_plain).encode()

    def sent_headers(self) -> dict[str, str]:
        """Return the headers that are set, as text."""
        headers = {name: _text(value) for name, value in present(self.headers).items()}
        if self.body is not None:
            headers["Content-Type"] = self.media_type
        return headers

    def parameters(self) -> dict[str, str]:
        """Return the query parameters that are set, as text."""
        return {name: _text(value) for name, value in present(self.query).items()}


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that is not JSON."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """How the pages of a list follow each other."""

    row: type[Row]
    token: str
    """The field of a page with the token of the next one."""
    parameter: str
    """The query parameter that takes it."""

    def rows(self, page: Mapping[str, Any]) -> list[Row]:
        return [parsed(self.row, each) for each in page["result"]]

    def following(self, request: Request, page: Mapping[str, Any]) -> Request | None:
        """Return the request of the next page; None after the last."""
        token = page.get(self.token)
        if not page["result"] or token in ("", None):
            return None
        return Request(
            request.method, request.path, {**request.query, self.parameter: token}, request.headers
        )


def parsed(model: type[Answer], value: object) -> Answer:
    """Return an answer as an object; raise UnexpectedAnswer if it has another shape."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise UnexpectedAnswer(f"the answer is no {model.__name__}: {error}") from error


def checked(status: int, body: bytes) -> None:
    """Raise the ApiError of an answer that is not successful."""
    if status < _FIRST_ERROR:
        return
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        error = {}  # /auth/login refuses without a body, and a proxy in between writes its own
    raise ApiError.of(status, error)


def decoded(status: int, body: bytes) -> Any:
    """Return the JSON of a successful answer; raise the ApiError of any other."""
    checked(status, body)
    try:
        return json.loads(body)
    except ValueError:
        raise UnexpectedAnswer("the answer is not JSON: is this the address of the server?") from None


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are set."""
    return {name: value for name, value in values.items() if value is not UNSET}


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{value!r} cannot be sent as JSON")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
