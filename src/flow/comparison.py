"""Comparison: the operators that conditions know (api.md section 6.5). Pure."""

import enum
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

__all__ = ["Comparison"]


class Comparison(enum.StrEnum):
    """How one value is to stand to another."""

    EQUAL = "=="
    UNEQUAL = "!="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LESS = "<"
    LESS_OR_EQUAL = "<="

    def holds(self, value: Any, other: Any) -> bool:
        """Return whether two values of one type stand so."""
        return bool(_OPERATORS[self](value, other))

    def holds_for_one(self, value: Any, others: Sequence[Any]) -> bool:
        """Return whether a value stands so to one of several; to be unequal it must be so to all."""
        together = all if self is Comparison.UNEQUAL else any
        return together(self.holds(value, other) for other in others)


_OPERATORS: Final[dict[Comparison, Callable[[Any, Any], Any]]] = {
    Comparison.EQUAL: operator.eq,
    Comparison.UNEQUAL: operator.ne,
    Comparison.GREATER: operator.gt,
    Comparison.GREATER_OR_EQUAL: operator.ge,
    Comparison.LESS: operator.lt,
    Comparison.LESS_OR_EQUAL: operator.le,
}
