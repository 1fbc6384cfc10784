"""/balance and /customers/{id}/credits, an extension of the API: credits of customers."""

from functools import partial
from typing import Annotated, Final

from pydantic import Field

from mixminus.access.errors import CustomerNotFound
from mixminus.api.body import Body, Text, Uuid
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.model.ids import NIL, CustomerId, new_id
from mixminus.model.permissions import ADMIN
from mixminus.model.usage import Credit
from mixminus.store.page import Page
from mixminus.usage.errors import CreditReused
from mixminus.wire.usage import BalanceView, CreditView, RunningView
from mixminus.wire.view import View

__all__ = ["resource"]

MAX_CREDITS: Final = 10**12
MAX_DETAIL: Final = 255

resource: Final = Resource("Balances", view=CreditView, permission=ADMIN)
operation = partial(Operation, resource)


class BalanceReport(View):
    """The balance of a customer, and what its participants use now."""

    balance: BalanceView | None
    """Null if the customer is not limited."""
    running: RunningView
    available: int | None
    """The credits that are left, less what is running; null if the customer is not limited."""


class CreditBody(Body):
    """Credits to add."""

    credit_id: Uuid = NIL
    """An id of your own: a credit with the same id is added once. Absent for a new one."""
    credits: Annotated[int, Field(ge=-MAX_CREDITS, le=MAX_CREDITS)]
    """Negative for a correction."""
    detail: Annotated[Text, Field(max_length=MAX_DETAIL)] = ""


@operation("GET", "/balance", "Get your balance")
async def get_own_balance(call: ApiCall) -> BalanceReport:
    """The credits of your customer."""
    return await _report(call, call.customer_id)


@operation("GET", "/customers/{id}/balance", "Get the balance of a customer", errors=(CustomerNotFound,))
async def get_balance(call: ApiCall) -> BalanceReport:
    """Any for the super admin, the caller's own for others."""
    customer = await call.services.access.customers.get(call.identity, CustomerId(call.id))
    return await _report(call, customer.id)


@operation(
    "POST", "/customers/{id}/credits", "Add credits to a balance", errors=(CustomerNotFound, CreditReused)
)
async def add_credit(call: ApiCall, body: CreditBody) -> Credit:
    """Only for the super admin. The first credits of a customer give it a balance: from then on each minute of a
    participant in a room is deducted, and without credits new rooms and calls are refused.
    """
    customer = await call.services.access.customers.get_as_super(call.identity, CustomerId(call.id))
    return await call.services.usage.balances.add(
        customer.id, new_id() if body.credit_id == NIL else body.credit_id, body.credits, body.detail
    )


@operation("GET", "/customers/{id}/credits", "List the credits of a balance", errors=(CustomerNotFound,))
async def list_credits(call: ApiCall, page: Page) -> list[Credit]:
    """What was added, newest first."""
    customer = await call.services.access.customers.get(call.identity, CustomerId(call.id))
    return await call.services.usage.balances.list(customer.id, page)


async def _report(call: ApiCall, customer_id: CustomerId) -> BalanceReport:
    balance, running = await call.services.usage.balances.get(customer_id)
    return BalanceReport.model_validate(
        {
            "balance": balance,
            "running": running,
            "available": balance.credits - running.credits if balance else None,
        }
    )
