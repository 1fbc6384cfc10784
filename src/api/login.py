"""POST /auth/login, outside /v1.0: every failure is an empty 400 that reveals nothing (api.md section 10)."""

from functools import partial
from typing import Final

from aiohttp import hdrs, web

from mixminus.access.errors import PasswordsBusy, RateLimitExceeded
from mixminus.access.sessions import LIFE
from mixminus.api.authentication import SENDER
from mixminus.api.body import Body, Text, read
from mixminus.api.operation import Answer, ApiCall, Operation, Resource
from mixminus.errors import InvalidArgument, PermissionDenied, Unauthenticated
from mixminus.wire.view import View

__all__ = ["resource"]

resource: Final = Resource("Login")
operation = partial(Operation, resource)


class LoginBody(Body):
    username: Text
    password: Text


class LoginView(View):
    """A session."""

    username: str
    token: str


@operation(
    "POST",
    "/auth/login",
    "Log in",
    body=LoginBody,
    answers=(
        Answer(
            LoginView,
            description="The session.",
            headers={"Set-Cookie": "The token, for browsers.", "Cache-Control": "`no-store`."},
        ),
        Answer(status=400, description="The login failed. The body is empty."),
        Answer(status=503, description="Too many logins at the moment. The body is empty."),
    ),
    errors=(RateLimitExceeded,),
    outside=True,
    open=True,
    vague=True,
)
async def log_in(call: ApiCall) -> web.Response:
    """Starts a session. Its token is valid for a week and is sent like an access key. A failure has no
    explanation.
    """
    try:
        body = await read(call.request, LoginBody)
        if sender := await call.services.access.agent_named(body.username):
            call.request[SENDER] = sender
        login = await call.services.access.log_in(body.username, body.password)
    except (InvalidArgument, Unauthenticated, PermissionDenied, web.HTTPRequestEntityTooLarge):
        return web.Response(status=400)
    except PasswordsBusy:
        return web.Response(status=503, headers={"Retry-After": "1"})
    response = call.render(LoginView.of(login))
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    response.set_cookie(
        "token", login.token, max_age=int(LIFE.total_seconds()), secure=True, httponly=True, samesite="Strict"
    )
    return response
