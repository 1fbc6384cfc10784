"""JSON that clients and web pages send is stored as it is, whatever it contains."""

from dataclasses import replace
from typing import Any

import pytest

from mixminus.access.service import AccessService
from mixminus.model.flow import Activeflow, ActiveflowStatus
from mixminus.model.ids import NIL, ActiveflowId, new_id
from mixminus.store.database import Store
from tests.support.clock import ManualClock


@pytest.mark.parametrize(
    "value",
    ["Zürich 🎙", 2**64, -(2**63) - 1, 10**40, 0.1, 1e300, None, True, [], {"": {}}, "\ud800", "\x7f\x01"],
    ids=repr,
)
async def test_a_value_comes_back_as_it_was(store: Store, value: Any) -> None:
    identity, _ = await AccessService(store, ManualClock()).ensure_default("key")
    row = Activeflow(
        id=ActiveflowId(new_id()),
        customer_id=identity.customer_id,
        flow_id=NIL,
        status=ActiveflowStatus.RUNNING,
        reference_type="api",
        reference_id=NIL,
        current_action={"option": value},
        tm_create=ManualClock().now(),
    )
    async with store.transaction() as tx:
        await tx.activeflows.add(row)
        assert await tx.activeflows.save_if(row, replace(row, executed_actions=(row.current_action,)))
    async with store.snapshot() as tx:
        found = await tx.activeflows.find(row.id)
    assert found is not None
    assert found.current_action == {"option": value}
    assert found.executed_actions == (row.current_action,)
