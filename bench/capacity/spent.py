"""The CPU that operations have cost, by role of the process or thread."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["Spent", "table"]

ROLES: Final = ("main thread", "database", "SIP edge", "SIP workers")


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU of one operation in ms, by role."""

    server: str
    what: str
    done: int
    by_role: Mapping[str, float]
    encode_ms: float
    """What an Opus frame took to encode meanwhile (``reference.py``)."""

    @property
    def total_ms(self) -> float:
        return sum(self.by_role.values())

    @property
    def encodes(self) -> float:
        """The CPU in encodes of an Opus frame."""
        return self.total_ms / self.encode_ms


def table(spent: Iterable[Spent]) -> str:
    """Return Markdown: ms of CPU of one operation by role, and of all processes."""
    columns = ("ms of CPU", "server", "done", *ROLES, "all", "Opus encode", "all / encode")
    rows = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for each in spent:
        by_role = [
            sum(ms for role, ms in each.by_role.items() if role.startswith(wanted)) for wanted in ROLES
        ]
        values = " | ".join(f"{value:.2f}" for value in (*by_role, each.total_ms))
        rows.append(
            f"| {each.what} | {each.server} | {each.done} | {values} | {each.encode_ms:.3f} | {each.encodes:.0f} |"
        )
    return "\n".join(rows)
