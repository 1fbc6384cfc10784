"""CPU of single operations, with a real server and few of each; no figure of time is judged."""

import pytest
from bench.capacity.operations import Waits, run
from bench.capacity.spent import table


@pytest.mark.timeout(400)
async def test_every_operation_is_done_as_often_as_asked() -> None:
    spent = await run(count=2, browsers=1, rate=10.0, database="sqlite", waits=Waits(rest_s=0.2, idle_s=0.5))
    assert [(each.what, each.done) for each in spent] == [
        ("a phone joins", 2),
        ("a phone hangs up", 2),
        ("a phone joins, by a SIP worker that has had calls", 2),
        ("kick, and the end of its call", 2),
        ("POST /calls, answered and in the room", 2),
        ("a browser joins by WHIP", 1),
        ("a browser leaves by DELETE", 1),
    ]
    assert all("main thread" in each.by_role for each in spent)
    assert spent[0].total_ms == pytest.approx(sum(spent[0].by_role.values()))
    assert all(each.encode_ms > 0 for each in spent)
    assert len(table(spent).splitlines()) == 2 + len(spent)
