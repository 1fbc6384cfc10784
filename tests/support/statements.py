"""Statements: what is really passed to the database's driver."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from mixminus.store.statement import Compiled

__all__ = ["Executed", "executed"]

Executed = tuple[str, Any]


@contextmanager
def executed() -> Iterator[list[Executed]]:
    """Collect every statement that SQLAlchemy or the store passes to the driver, with its parameters."""
    statements: list[Executed] = []
    arguments = Compiled.arguments

    def on_query(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append((statement, parameters))

    def on_statement(compiled: Compiled, values: Mapping[str, Any]) -> list[Any]:
        passed = arguments(compiled, values)
        statements.append((compiled.sql, passed))
        return passed

    event.listen(Engine, "before_cursor_execute", on_query)
    Compiled.arguments = on_statement  # type: ignore[assignment, method-assign]
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", on_query)
        Compiled.arguments = arguments  # type: ignore[method-assign]
