"""Errors of balances."""

from mixminus.errors import Conflict

__all__ = ["CreditReused", "InsufficientBalance"]


class InsufficientBalance(Conflict):
    """The customer has a balance, and no credits are left."""

    reason = "INSUFFICIENT_BALANCE"


class CreditReused(Conflict):
    """Another credit has this id."""

    reason = "CREDIT_ID_REUSED"
