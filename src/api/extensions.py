"""/extensions (api.md section 13.4): logins of phones."""

from functools import partial
from typing import Annotated, Final

from pydantic import Field

from mixminus.api.body import Body, Text
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.directory.errors import ExtensionNotFound, ExtensionTaken, ResourceDeleted
from mixminus.model.directory import Extension, ExtensionProfile, ExtensionSpec
from mixminus.model.ids import ExtensionId
from mixminus.model.srtp import SrtpPolicy
from mixminus.store.page import Page
from mixminus.wire.directory import ExtensionView

__all__ = ["resource"]

MAX_PASSWORD: Final = 128

# Printable ASCII: can be typed on any phone, and every phone makes the same digest of it.
Password = Annotated[str, Field(pattern=r"^[ -~]+$", min_length=8, max_length=MAX_PASSWORD)]
LoginName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]

resource: Final = Resource("Extensions", view=ExtensionView, missing=(ExtensionNotFound,))
operation = partial(Operation, resource)


class ExtensionProfileBody(Body):
    """An absent name becomes empty; without a password the password stays as it is."""

    name: Text = ""
    detail: Text = ""
    password: Password | None = None
    srtp: SrtpPolicy = ""

    def profile(self) -> ExtensionProfile:
        return ExtensionProfile(
            name=self.name, detail=self.detail, password=self.password or "", srtp=self.srtp
        )


class ExtensionBody(Body):
    extension: LoginName
    password: Password
    name: Text = ""
    detail: Text = ""
    srtp: SrtpPolicy = ""

    def spec(self) -> ExtensionSpec:
        return ExtensionSpec(**self.model_dump())


@operation("GET", "/extensions", "List extensions")
async def list_extensions(call: ApiCall, page: Page) -> list[Extension]:
    return await call.services.directory.extensions.list(call.customer_id, page)


@operation("POST", "/extensions", "Create an extension", errors=(ExtensionTaken,))
async def create_extension(call: ApiCall, body: ExtensionBody) -> Extension:
    """Phones register with its name and password."""
    return await call.services.directory.extensions.create(call.customer_id, body.spec())


@operation("GET", "/extensions/{id}", "Get an extension")
async def get_extension(call: ApiCall) -> Extension:
    """Also after it is deleted."""
    return await call.services.directory.extensions.get(call.customer_id, ExtensionId(call.id))


@operation("PUT", "/extensions/{id}", "Update an extension", errors=(ResourceDeleted,))
async def update_extension(call: ApiCall, body: ExtensionProfileBody) -> Extension:
    """Without a password it keeps its own; with a new one its phones must register again."""
    return await call.services.directory.extensions.update(
        call.customer_id, ExtensionId(call.id), body.profile()
    )


@operation("DELETE", "/extensions/{id}", "Delete an extension")
async def delete_extension(call: ApiCall) -> Extension:
    """Its phones are logged out; their calls continue."""
    return await call.services.directory.extensions.delete(call.customer_id, ExtensionId(call.id))


@operation(
    "POST",
    "/extensions/{id}/direct-hash-regenerate",
    "Regenerate the direct hash of an extension",
    errors=(ResourceDeleted,),
)
async def regenerate_extension_direct_hash(call: ApiCall) -> Extension:
    """The previous hash stops working."""
    return await call.services.directory.extensions.regenerate_direct_hash(
        call.customer_id, ExtensionId(call.id)
    )
