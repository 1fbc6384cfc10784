"""/customer and /customers (api.md section 10): the caller's own; all for the super admin."""

from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from mixminus.api.body import Body, Text
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.errors import IllegalTransition
from mixminus.model.access import Customer, CustomerEvent, CustomerSpec, WebhookMethod
from mixminus.model.ids import CustomerId
from mixminus.model.permissions import ADMIN
from mixminus.model.srtp import SrtpPolicy
from mixminus.store.page import Page
from mixminus.wire.access import CustomerView

__all__ = ["resource"]

resource: Final = Resource("Customers", view=CustomerView, permission=ADMIN)
operation = partial(Operation, resource)


def _webhook_uri(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must be an http or https URL, or empty")
    return text


class CustomerBody(Body):
    """Absent fields become empty."""

    name: Text = ""
    detail: Text = ""
    email: Text = ""
    phone_number: Text = ""
    address: Text = ""
    webhook_method: WebhookMethod = ""
    webhook_uri: Annotated[Text, AfterValidator(_webhook_uri)] = ""
    srtp: SrtpPolicy = ""

    def spec(self) -> CustomerSpec:
        return CustomerSpec(**self.model_dump())


class CustomerMetadataBody(Body):
    """The metadata, or an object with the flags of VoIPBIN's schema."""

    metadata: dict[str, Any] = Field(default_factory=dict)
    rtp_debug: bool | None = None
    """The same as `{"metadata": {"rtp_debug": ...}}`."""

    def merged(self) -> dict[str, Any]:
        return self.metadata if self.rtp_debug is None else {**self.metadata, "rtp_debug": self.rtp_debug}


class OwnCustomerView(CustomerView):
    """The caller's own customer."""

    webhook_secret: str
    """The key that signs webhooks."""


@operation("GET", "/customer", "Get your customer", answer=OwnCustomerView, secret=True)
async def get_own_customer(call: ApiCall) -> Customer:
    """Includes the secret that signs its webhooks."""
    return await call.services.access.customers.get(call.identity, call.customer_id)


@operation("PUT", "/customer", "Update your customer")
async def update_own_customer(call: ApiCall, body: CustomerBody) -> Customer:
    """Absent fields become empty; an empty `webhook_uri` means no webhooks."""
    return await call.services.access.customers.update(call.customer_id, body.spec())


@operation("PUT", "/customer/metadata", "Update the metadata of your customer")
async def update_own_metadata(call: ApiCall, body: CustomerMetadataBody) -> Customer:
    """Stored for clients."""
    return await call.services.access.customers.set_metadata(call.customer_id, body.merged())


@operation("GET", "/customers", "List customers")
async def list_customers(call: ApiCall, page: Page) -> list[Customer]:
    """All customers for the super admin, the caller's own for others."""
    return await call.services.access.customers.list(call.identity, page)


@operation("POST", "/customers", "Create a customer")
async def create_customer(call: ApiCall, body: CustomerBody) -> Customer:
    """Only for the super admin."""
    return await call.services.access.customers.create(call.identity, body.spec())


@operation("GET", "/customers/{id}", "Get a customer")
async def get_customer(call: ApiCall) -> Customer:
    return await call.services.access.customers.get(call.identity, CustomerId(call.id))


@operation("PUT", "/customers/{id}", "Update a customer")
async def update_customer(call: ApiCall, body: CustomerBody) -> Customer:
    """Any for the super admin, the caller's own for others."""
    customers, customer_id = call.services.access.customers, CustomerId(call.id)
    await customers.get(call.identity, customer_id)
    return await customers.update(customer_id, body.spec())


@operation("POST", "/customers/{id}/freeze", "Freeze a customer", errors=(IllegalTransition,))
async def freeze_customer(call: ApiCall) -> Customer:
    """Only for the super admin. All requests of the customer are refused; its calls continue."""
    return await call.services.access.customers.fire(call.identity, CustomerId(call.id), CustomerEvent.FREEZE)


@operation("POST", "/customers/{id}/recover", "Recover a frozen customer", errors=(IllegalTransition,))
async def recover_customer(call: ApiCall) -> Customer:
    """Only for the super admin."""
    return await call.services.access.customers.fire(
        call.identity, CustomerId(call.id), CustomerEvent.RECOVER
    )
