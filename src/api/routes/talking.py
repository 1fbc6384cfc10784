"""GET /conferences/{id}/talking: who is here and how loud, at this moment.

An extension of the API, for meters that are read a few times a second; what lasts is told by events.
Row: conferencecall_id, call_id, session_id (a browser's WHIP session; a phone's leg has one too), name,
level_dbov (-127 silence to 0 full scale), talking, muted.
"""

from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.json import json_response
from mixminus.api.paths import path_id
from mixminus.api.services import SERVICES
from mixminus.call.presence import Presence
from mixminus.ids import ConferenceId

__all__ = ["ROUTES"]


async def talking(request: web.Request) -> web.Response:
    """GET /conferences/{id}/talking."""
    presences = await request.app[SERVICES].presence.present(
        request[IDENTITY].customer_id, ConferenceId(path_id(request))
    )
    return json_response({"result": [_render(presence) for presence in presences]})


def _render(presence: Presence) -> dict[str, Any]:
    values = asdict(presence)
    values["session_id"] = values.pop("leg_id")
    return values


ROUTES: Final = (web.get("/conferences/{id}/talking", talking, allow_head=False),)
