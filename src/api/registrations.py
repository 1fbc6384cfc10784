"""/registrations, an extension of the API: the phones that are registered with extensions now."""

from functools import partial
from typing import Final

from mixminus.api.authentication import SENDER
from mixminus.api.conventions import IDENTIFIER
from mixminus.api.operation import ApiCall, Operation, Parameter, Resource
from mixminus.api.paths import query_flag, query_id
from mixminus.model.directory import RegisteredPhone
from mixminus.store.page import Page
from mixminus.wire.directory import RegistrationView

__all__ = ["resource"]

resource: Final = Resource("Registrations", view=RegistrationView)
operation = partial(Operation, resource)


@operation(
    "GET",
    "/registrations",
    "List registrations",
    parameters=(
        Parameter("query", "extension_id", "Only the phones of this extension.", IDENTIFIER),
        Parameter(
            "query",
            "all",
            "Of all customers. Only for the server's first customer and its super admin.",
            {"type": "boolean", "default": False},
        ),
    ),
)
async def list_registrations(call: ApiCall, page: Page) -> list[RegisteredPhone]:
    """The phones that are registered now, at any server that shares the database. An extension without one is not rung."""
    everybody = query_flag(call.request, "all")
    if everybody:
        await call.services.access.operators.require(call.request[SENDER])
    return await call.services.directory.registrations.list(
        None if everybody else call.customer_id, page, query_id(call.request, "extension_id")
    )
