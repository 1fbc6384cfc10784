"""The tenancy check: for a customer, another customer's resource does not exist."""

from typing import Protocol, TypeVar

from mixminus.errors import NotFound
from mixminus.model.ids import CustomerId

__all__ = ["owned"]


class _Owned(Protocol):
    @property
    def customer_id(self) -> CustomerId: ...


Row = TypeVar("Row", bound=_Owned)


def owned(row: Row | None, customer_id: CustomerId, missing: NotFound) -> Row:
    """Return the row; raise ``missing`` if there is none, or if it is another customer's (api.md section 2.2)."""
    if row is None or row.customer_id != customer_id:
        raise missing
    return row
