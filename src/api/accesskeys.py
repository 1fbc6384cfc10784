"""/accesskeys (api.md section 10): only the answer to the creation of a key has its token."""

from functools import partial
from typing import Final

from pydantic import Field

from mixminus.access.errors import AccessKeyNotFound, ExpiresTooSoon
from mixminus.access.keys import MIN_LIFE_S
from mixminus.api.body import MAX_SECONDS, Body, Text
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.model.access import AccessKey
from mixminus.model.ids import AccessKeyId
from mixminus.model.permissions import ADMIN
from mixminus.store.page import Page
from mixminus.wire.access import AccessKeyView

__all__ = ["resource"]

resource: Final = Resource("Access keys", view=AccessKeyView, missing=(AccessKeyNotFound,), permission=ADMIN)
operation = partial(Operation, resource)


class AccessKeyProfileBody(Body):
    """Absent fields become empty."""

    name: Text = ""
    detail: Text = ""


class AccessKeyBody(AccessKeyProfileBody):
    """``expire`` is in seconds; without it the request is refused."""

    expire: int = Field(0, le=MAX_SECONDS, json_schema_extra={"minimum": MIN_LIFE_S})


class NewAccessKeyView(AccessKeyView):
    """A new access key."""

    token: str = ""
    """The credential. It is shown only once."""


@operation("GET", "/accesskeys", "List access keys")
async def list_access_keys(call: ApiCall, page: Page) -> list[AccessKey]:
    return await call.services.access.keys.list(call.customer_id, page)


@operation("POST", "/accesskeys", "Create an access key", errors=(ExpiresTooSoon,), secret=True)
async def create_access_key(call: ApiCall, body: AccessKeyBody) -> NewAccessKeyView:
    """`expire` is in seconds, at least a day. The token is shown only here: a repeated request with the same
    `Idempotency-Key` is refused.
    """
    key, token = await call.services.access.keys.create(
        call.customer_id, name=body.name, detail=body.detail, life_s=body.expire
    )
    return NewAccessKeyView.of(key, token=token)


@operation("GET", "/accesskeys/{id}", "Get an access key")
async def get_access_key(call: ApiCall) -> AccessKey:
    """Also after it is deleted."""
    return await call.services.access.keys.get(call.customer_id, AccessKeyId(call.id))


@operation("PUT", "/accesskeys/{id}", "Update an access key")
async def update_access_key(call: ApiCall, body: AccessKeyProfileBody) -> AccessKey:
    """Replaces its name and detail."""
    return await call.services.access.keys.update(
        call.customer_id, AccessKeyId(call.id), name=body.name, detail=body.detail
    )


@operation("DELETE", "/accesskeys/{id}", "Delete an access key")
async def delete_access_key(call: ApiCall) -> AccessKey:
    """It stops working at once."""
    return await call.services.access.keys.delete(call.customer_id, AccessKeyId(call.id))
