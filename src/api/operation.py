"""Operation: one method on one path of the API, with all that HTTP needs to know of it.

The decorator stands on the handler. The route, the permission check, the OpenAPI document and the
rendering of the answer are made from it::

    resource = Resource("Conferences", view=ConferenceView, missing=(ConferenceNotFound,))
    operation = partial(Operation, resource)

    @operation("POST", "/conferences", "Create a conference", errors=(FlowNotFound,))
    async def create_conference(call: ApiCall, body: ConferenceBody) -> Conference:
        '''The room is `progressing` within milliseconds.'''

The handler's annotations say the rest. Its ``body`` is the model of the request's body; it returns a view, or
the domain object, which the resource's view renders; with a parameter ``page`` it returns a list of them;
None is an empty body, and a response is sent as it is. Its docstring is the description, its name the
operationId.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from types import NoneType
from typing import Any, Final, TypeVar, get_type_hints
from uuid import UUID

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler as WebHandler

from mixminus.api.authentication import IDENTITY
from mixminus.api.body import Body, read
from mixminus.api.errors import InvalidId
from mixminus.api.pagination import page_model, page_of, page_view
from mixminus.api.paths import ROOT, path_id
from mixminus.api.services import SERVICES, Services
from mixminus.errors import InvalidArgument, MixMinusError
from mixminus.model.access import Identity
from mixminus.model.ids import NIL, CustomerId
from mixminus.model.permissions import STAFF, WATCHER, Permission, shows_secrets
from mixminus.wire.view import Rendering, View

__all__ = ["JSON", "Answer", "ApiCall", "Operation", "Parameter", "Resource"]

JSON: Final = "application/json"
PATH_PARAMETER: Final = re.compile(r"\{(\w+)\}")

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request to an operation."""

    request: web.Request
    id: UUID
    """The ``{id}`` of the path; nil if it has none."""

    @property
    def services(self) -> Services:
        return self.request.app[SERVICES]

    @property
    def identity(self) -> Identity:
        return self.request[IDENTITY]

    @property
    def customer_id(self) -> CustomerId:
        return self.identity.customer_id

    def render(self, view: View) -> web.Response:
        """Return a response with a view in JSON."""
        identity = self.request.get(IDENTITY)
        secrets = identity is None or shows_secrets(identity.permission)
        rendering = Rendering(self.services.style, secrets=secrets)
        body = view.__pydantic_serializer__.to_json(view, context=rendering)
        return web.Response(body=body, content_type=JSON)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter or a header."""

    place: str
    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful response: a view in JSON, bytes of another media type, or nothing."""

    model: type[View] | None = None
    status: int = 200
    description: str = "Done. The body is empty."
    media_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Resource:
    """A group of operations under one heading of the document."""

    tag: str
    view: type[View] | None = None
    """Renders what its operations return and list."""
    missing: tuple[type[MixMinusError], ...] = ()
    """Errors of every operation on one of its kind, by id."""
    permission: Permission = STAFF
    """The bits of which a caller must hold one, unless an operation says otherwise."""
    operations: list["Operation"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Operation:
    """A decorator that describes a handler and registers it with its resource."""

    resource: Resource
    method: str
    path: str
    """Below the API's root, unless ``outside``."""
    summary: str
    _: KW_ONLY
    description: str = ""
    """The handler's docstring, unless it is given."""
    parameters: tuple[Parameter, ...] = ()
    body: type[Body] | None = None
    """The annotation of the handler's ``body``, unless it is given."""
    body_type: str = JSON
    """The media type of the body; the handler reads any other than JSON itself."""
    optional_body: bool = False
    answer: type[View] | None = None
    """Renders what the handler returns, unless its annotation says so."""
    page: type[View] | None = None
    """Renders each row of a list; set for a handler that takes a ``page``."""
    answers: tuple[Answer, ...] = ()
    """Answers that ``answer`` and ``page`` do not describe."""
    secret: bool = False
    """The answer must not be stored: not by a cache, not for a repeated request."""
    errors: tuple[type[MixMinusError], ...] = ()
    """Errors beyond those that ``document`` adds for every operation of its kind."""
    permission: Permission | None = None
    invalid_id: type[InvalidArgument] = InvalidId
    """Raised for an ``{id}`` that is not valid."""
    outside: bool = False
    """The path is complete, and the same in every version of the API."""
    open: bool = False
    """No credential is needed."""
    guests: bool = False
    """A guest link suffices: of the conference that the path names, if it names one."""
    operators: bool = False
    """Only for the operators of the server; the metrics token suffices."""
    vague: bool = False
    """The handler reads the body, and its errors have no envelope: ``answers`` lists their statuses."""
    acts: bool = False
    """A GET that changes something: what is sent by its WebSocket is heard."""
    head: bool = False
    """HEAD is answered as well."""
    handler: Callable[..., Awaitable[Any]] = field(init=False)

    def __call__(self, handler: Handler) -> Handler:
        self.handler = handler
        self.description = self.description or inspect.getdoc(handler) or ""
        hints = get_type_hints(handler)
        self.body = self.body or hints.get("body")
        if "page" in hints:
            self.page = self.page or self.resource.view
        else:
            self.answer = self.answer or self._view_of(hints["return"])
        self.resource.operations.append(self)
        return handler

    @property
    def tag(self) -> str:
        return self.resource.tag

    @property
    def name(self) -> str:
        """The operationId, which names methods of generated clients: the handler's name in camel case."""
        first, *rest = self.handler.__name__.split("_")
        return first + "".join(word.capitalize() for word in rest)

    @property
    def full_path(self) -> str:
        return self.path if self.outside else ROOT + self.path

    @property
    def path_parameters(self) -> tuple[str, ...]:
        return tuple(PATH_PARAMETER.findall(self.path))

    @property
    def needed(self) -> Permission:
        """The bits of which a caller must hold one."""
        return self.resource.permission if self.permission is None else self.permission

    @property
    def changes(self) -> bool:
        """Whether the operation changes something; if so, it is audited."""
        return self.method != "GET" or self.acts

    @property
    def accepted(self) -> Permission:
        """The bits of which one suffices: those of ``needed``, and of a viewer for what staff may read."""
        return WATCHER if self.needed == STAFF and not self.changes else self.needed

    @property
    def has_body(self) -> bool:
        return self.body is not None or self.body_type != JSON

    @property
    def is_single(self) -> bool:
        """Whether the path names one resource by its id."""
        return self.path.endswith("/{id}") and not self.outside

    @property
    def model(self) -> type[View] | None:
        """The view of the whole answer, if it is JSON."""
        return page_model(self.page) if self.page else self.answer

    def web_handler(self) -> WebHandler:
        """Return the function that aiohttp calls: it parses, calls the handler and renders."""

        async def handle(request: web.Request) -> web.StreamResponse:
            has_id = "id" in request.match_info
            call = ApiCall(request, path_id(request, error=self.invalid_id) if has_id else NIL)
            if self.body is not None and not self.vague:
                body = await read(request, self.body, optional=self.optional_body)
                return self._response(call, await self.handler(call, body))
            if self.page is None:
                return self._response(call, await self.handler(call))
            page = page_of(request, call.services.clock.now())
            rows = await self.handler(call, page)
            return call.render(page_view(self.page, rows, page, call.services.style))

        return handle

    def _view_of(self, returned: type) -> type[View] | None:
        """Return the view that renders what a handler returns; None for nothing and for a response."""
        if returned is NoneType or issubclass(returned, web.StreamResponse):
            return None
        return returned if issubclass(returned, View) else self.resource.view

    def _response(self, call: ApiCall, result: object) -> web.StreamResponse:
        if isinstance(result, web.StreamResponse):
            return result
        if self.answer is None:
            return web.Response()
        response = call.render(self.answer.of(result))
        if self.secret:
            response.headers[hdrs.CACHE_CONTROL] = "no-store"
        return response
