"""The policy of a customer about SRTP, as stored."""

from mixminus.model.ids import CustomerId
from mixminus.model.srtp import SrtpPolicy
from mixminus.store.database import Transaction

__all__ = ["srtp_of_customer"]


async def srtp_of_customer(tx: Transaction, customer_id: CustomerId) -> SrtpPolicy:
    """Return the policy; empty if it is not set, or if there is no such customer."""
    customer = await tx.customers.find(customer_id)
    return customer.srtp if customer else ""
