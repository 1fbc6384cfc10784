"""Who may see what concerns the whole server, such as its metrics: its operators, and a scraper by a token of its own.

The operators are the first customer, which the first start makes, and the super admin. Other customers share the server.
"""

import hmac
from typing import Final

from mixminus.access.errors import NotPermitted
from mixminus.model.access import Identity
from mixminus.model.ids import NIL, CustomerId
from mixminus.model.permissions import Permission
from mixminus.store.database import Store

__all__ = ["SCRAPER", "Operators"]

SCRAPER: Final = Identity(CustomerId(NIL), Permission.NONE)
"""The identity of the metrics token: of no customer, without a permission."""


class Operators:
    """Recognises the operators and the metrics token; an empty token is none."""

    def __init__(self, store: Store, metrics_token: str) -> None:
        self._store = store
        self._metrics_token = metrics_token.encode()

    def is_metrics_token(self, credential: str) -> bool:
        """Return whether a credential is the metrics token, in a time that does not depend on how much is right."""
        given = credential.encode(errors="surrogatepass")
        return bool(self._metrics_token) and hmac.compare_digest(given, self._metrics_token)

    async def include(self, identity: Identity) -> bool:
        """Return whether an identity is the first customer's or the super admin's."""
        if identity.permission & Permission.PROJECT_SUPER_ADMIN:
            return True
        async with self._store.snapshot() as tx:
            first = await tx.customers.first()
        return first is not None and identity.customer_id == first.id

    async def require(self, identity: Identity) -> None:
        """Raise NotPermitted unless an identity is the first customer's or the super admin's."""
        if not await self.include(identity):
            raise NotPermitted(
                "this concerns the whole server: it needs a credential of its first customer or its super admin; "
                "/metrics takes the token of MIXMINUS_METRICS_TOKEN, too"
            )
