"""A phone that is registered with an extension, without the phone: what the edge reports of a REGISTER."""

from typing import Any
from uuid import UUID

from mixminus.api.services import SERVICES
from mixminus.directory.bindings import Phone, Registration
from mixminus.model.ids import ExtensionId
from tests.api.client import ApiClient

__all__ = ["registered"]


async def registered(api: ApiClient, extension_id: str, *contacts: str, **given: Any) -> None:
    """Register phones by these contacts, or one, for ten minutes; ``given`` replaces what the edge reports."""
    phones = tuple(Phone(each, 600) for each in contacts or ("sip:phone@192.0.2.7",))
    report = {"call_id": contacts[0] if contacts else "call", "sequence_number": 1, "removes_all": False}
    flow = {"transport": "udp", "host": "192.0.2.7", "port": 5060, "connection": 0}
    await api.client.app[SERVICES].directory.registrations.register(
        Registration(
            extension_id=ExtensionId(UUID(extension_id)), phones=phones, **{**report, **flow, **given}
        )
    )
