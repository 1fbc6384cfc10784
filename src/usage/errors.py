"""Errors of balances."""

from mixminus.errors import Conflict

__all__ = ["BalanceExhausted", "CreditReused"]


class BalanceExhausted(Conflict):
    """The customer has a balance, and no credits are left."""

    reason = "BALANCE_EXHAUSTED"


class CreditReused(Conflict):
    """Another credit has this id."""

    reason = "CREDIT_ID_REUSED"
