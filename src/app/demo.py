"""The demo room: created once, kept across restarts, and dialled by name."""

import itertools
import uuid
from dataclasses import dataclass
from typing import Final

from mixminus.api.services import Services
from mixminus.conference.errors import ConferenceNotFound
from mixminus.conference.service import ConferenceService
from mixminus.model.conference import Conference, ConferenceSpec, ConferenceStatus, RoomSettings
from mixminus.model.ids import ConferenceId, CustomerId

__all__ = ["Demo", "open_demo"]

LINK_LIFE_S: Final = 7 * 86_400
NAMES: Final = ("demo", "1000")
OPEN: Final = frozenset({ConferenceStatus.STARTING, ConferenceStatus.PROGRESSING})


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo room, and what is needed to join it."""

    room_id: ConferenceId
    names: tuple[str, ...]
    """Names that a phone can dial."""
    access_key: str
    join_path: str
    """The join page with a guest link, relative to the address of the server."""


async def open_demo(
    services: Services, customer_id: CustomerId, names: dict[str, ConferenceId], new_key: str | None
) -> Demo:
    """Open the demo room under its names; without a new key, create one that replaces the previous demo's."""
    # Visitors bring whatever microphones they have.
    settings = RoomSettings(levelling=True, noise_suppression=services.engine.suppresses_noise)
    room = await _room(services.conferences, customer_id, settings)
    dialled = [name for name in NAMES if names.setdefault(name, room.id) == room.id]
    _, token = await services.access.guest_links.create(customer_id, room.id, name="", life_s=LINK_LIFE_S)
    return Demo(
        room.id,
        names=tuple(dialled) or (str(room.id),),  # the operator may have given these names to other rooms
        access_key=new_key or await services.access.keys.renew(customer_id, "demo"),
        join_path=f"join#token={token}",
    )


async def _room(
    conferences: ConferenceService, customer_id: CustomerId, settings: RoomSettings
) -> Conference:
    # The id is derived from the customer and a count, so that a restart finds the previous run's room.
    for count in itertools.count(1):
        room_id = ConferenceId(uuid.uuid5(customer_id, f"demo {count}"))
        try:
            room = await conferences.get(customer_id, room_id)
        except ConferenceNotFound:
            return await conferences.create(
                customer_id, ConferenceSpec(type="conference", id=room_id, name="demo", settings=settings)
            )
        if room.status in OPEN:
            return room
    raise AssertionError("counting has no end")
