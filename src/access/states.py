"""The life of a customer: one table (api.md section 10)."""

import enum
from typing import Final

__all__ = ["CUSTOMER_TRANSITIONS", "CustomerEvent", "CustomerStatus"]


class CustomerStatus(enum.StrEnum):
    ACTIVE = enum.auto()
    FROZEN = enum.auto()


class CustomerEvent(enum.StrEnum):
    FREEZE = enum.auto()
    RECOVER = enum.auto()


CUSTOMER_TRANSITIONS: Final[dict[CustomerStatus, dict[CustomerEvent, CustomerStatus]]] = {
    CustomerStatus.ACTIVE: {CustomerEvent.FREEZE: CustomerStatus.FROZEN},
    CustomerStatus.FROZEN: {CustomerEvent.RECOVER: CustomerStatus.ACTIVE},
}
