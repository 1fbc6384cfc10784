"""GET /conferences/{id}/talking: who is here and how loud, at this moment.

An extension of the API, for meters that are read a few times a second; what lasts is told by events.
Row: conferencecall_id, call_id, session_id (a browser's WHIP session; a phone's leg has one too), name,
level_dbov (-127 silence to 0 full scale), talking, muted; and how the leg's audio arrives: delay_ms (in the
jitter buffer), jitter_ms (RFC 3550 A.8), loss (0 to 1), round_trip_ms, mos (1.0 to 4.5); the last two are
null until they are known.
"""

from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.json import json_response
from mixminus.api.paths import path_id
from mixminus.api.services import SERVICES
from mixminus.call.live_participants import LiveParticipant
from mixminus.model.ids import ConferenceId

__all__ = ["ROUTES"]


async def talking(request: web.Request) -> web.Response:
    """GET /conferences/{id}/talking."""
    participants = await request.app[SERVICES].live_participants.list(
        request[IDENTITY].customer_id, ConferenceId(path_id(request))
    )
    return json_response({"result": [_render(each) for each in participants]})


def _render(participant: LiveParticipant) -> dict[str, Any]:
    values = asdict(participant)
    values["session_id"] = values.pop("leg_id")
    # Nobody reads a meter to more than three places, and floats of the engine have many.
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in values.items()}


ROUTES: Final = (web.get("/conferences/{id}/talking", talking, allow_head=False),)
