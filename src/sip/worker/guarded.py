"""The gate between pjsua2's C++ and our callbacks: no exception passes it."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from mixminus import log

__all__ = ["guarded"]

P = ParamSpec("P")
S = TypeVar("S")

_log = log.get("sip.worker")


def guarded(callback: Callable[Concatenate[S, P], None]) -> Callable[Concatenate[S, P], None]:
    """Log what a callback raises: thrown through SWIG's director it would abort the process."""

    @functools.wraps(callback)
    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(self, *args, **kwargs)
        except Exception:  # noqa: BLE001 - whatever it is, C++ must not see it
            _log.exception("callback failed", callback=callback.__name__)

    return call
