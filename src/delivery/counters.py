"""What delivery counts, each from zero, so that /metrics shows all of it from the start."""

from collections import Counter
from typing import Final

__all__ = ["NAMES", "new_counters"]

NAMES: Final = (
    "delivery.events",
    "delivery.events_pruned",
    "delivery.webhooks_delivered",
    "delivery.webhooks_retried",
    "delivery.webhooks_failed",
    "delivery.webhooks_refused",
    "delivery.sockets_opened",
    "delivery.sockets_slow",
    "delivery.sockets_silent",
    "delivery.sockets_revoked",
    "delivery.sockets_misused",
)


def new_counters() -> Counter[str]:
    """Return every counter at zero."""
    return Counter(dict.fromkeys(NAMES, 0))
