"""Tasks that last as long as their owner outlive their errors."""

import pytest

from mixminus import tasks
from mixminus.tasks import TaskScope
from tests.support.waiting import until


async def test_a_kept_task_runs_again_after_an_error_until_it_returns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "_AGAIN_S", 0.0)
    reported: list[tuple[str, str]] = []
    scope = TaskScope(lambda name, error: reported.append((name, str(error))))
    runs: list[str] = []

    async def run(what: str, *, fails: int) -> None:
        runs.append(what)
        if len(runs) <= fails:
            raise ValueError(f"error {len(runs)}")

    await scope.keep("feed", run, "events", fails=2)
    assert runs == ["events"] * 3
    assert reported == [("feed", "error 1"), ("feed", "error 2")]
    assert len(scope) == 0


async def test_a_kept_task_ends_with_its_scope() -> None:
    reported: list[str] = []
    scope = TaskScope(lambda name, error: reported.append(name))

    async def fail() -> None:
        raise ValueError("at once")

    task = scope.keep("fails", fail)
    await until(lambda: reported)
    await scope.close()
    assert task.cancelled()
    assert reported == ["fails"], "the next run is a second later"
