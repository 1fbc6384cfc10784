"""Reproducible random data: Hypothesis without the constants that it finds in the source code.

Hypothesis sometimes draws a literal of a local module that happens to be imported, even with ``derandomize``, so a word
changed anywhere, or another order of the tests, would change the requests.
"""

from typing import Any, Final

from hypothesis.internal.conjecture.choice import choice_permitted
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, GLOBAL_CONSTANTS, HypothesisProvider

__all__ = ["STEADY"]

STEADY: Final = "steady"
"""Name of the backend, for ``settings(backend=...)``."""


class SteadyProvider(HypothesisProvider):
    """Draw Hypothesis's own difficult values, and none from the source code."""

    def _maybe_draw_constant(self, choice_type: Any, constraints: Any, *, p: float = 0.05) -> Any:
        assert self._random is not None
        if self._random.random() > p:
            return None
        awkward = [
            each for each in GLOBAL_CONSTANTS.set_for_type(choice_type) if choice_permitted(each, constraints)
        ]
        return self._random.choice(awkward) if awkward else None


AVAILABLE_PROVIDERS[STEADY] = SteadyProvider
