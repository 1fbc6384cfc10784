"""POST /auth/login, outside /v1.0: whatever is wrong, the answer is 400 and says nothing (api.md section 10)."""

from typing import Final

from aiohttp import web

from mixminus.access.errors import PasswordsBusy
from mixminus.access.sessions import LIFE
from mixminus.api.access_schemas import LoginBody
from mixminus.api.json import secret_response
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.errors import InvalidArgument, PermissionDenied, Unauthenticated

__all__ = ["ROUTES"]


async def login(request: web.Request) -> web.Response:
    """POST /auth/login: the token of a session, in the body and as a cookie."""
    try:
        body = await read(request, LoginBody)
        login = await request.app[SERVICES].access.log_in(body.username, body.password)
    except (InvalidArgument, Unauthenticated, PermissionDenied, web.HTTPRequestEntityTooLarge):
        return web.Response(status=400)
    except PasswordsBusy:
        return web.Response(status=503, headers={"Retry-After": "1"})
    response = secret_response({"username": login.username, "token": login.token})
    response.set_cookie(
        "token",
        login.token,
        max_age=int(LIFE.total_seconds()),
        secure=True,
        httponly=True,
        samesite="Strict",
    )
    return response


ROUTES: Final = (web.post("/auth/login", login),)
