"""The action `amd`: what it hears decides how the flow goes on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixminus.api.calls import CallBody, order_of
from mixminus.model.call import HangupReason
from tests.support.caller import RATE_HZ, Caller, run
from tests.support.calling import HOUR, action
from tests.support.prompts import prompt
from tests.support.site import Site, open_site
from tests.support.tones import Pcm
from tests.support.waiting import until

ANSWERED = "voipbin.call.answered_by"


@pytest.fixture
async def site(tmp_path: Path) -> Any:
    async with open_site(tmp_path) as opened:
        yield opened


def silence(seconds: float) -> Pcm:
    return np.zeros(int(seconds * RATE_HZ), np.int16)


HUMAN = np.concatenate([silence(0.5), prompt("goodbye", RATE_HZ), silence(20.0)])
MACHINE = np.concatenate([silence(0.5), prompt("vm-intro", RATE_HZ), prompt("beep", RATE_HZ), silence(20.0)])


async def result(site: Site, says: Pcm, **option: Any) -> tuple[dict[str, Any], Caller]:
    """Let a phone say this to a flow that begins with `amd`; return the event."""
    room = await site.backend.room(pre_actions=(action("amd", **option), HOUR))
    caller = await Caller.dial(site.backend, room.id)
    caller.speaks = says

    async def published() -> Any:
        await run(site.backend, [caller], 0.1)
        _, page = await site.api.get("/v1.0/events?page_size=100")
        return next((each["data"] for each in page["result"] if each["type"] == "call_answered_by"), None)

    return await until(published, within_s=60), caller


@pytest.mark.parametrize(
    ("says", "option", "by", "at_ms"),
    [
        pytest.param(HUMAN, {}, "human", (1300, 3000), id="human"),
        pytest.param(MACHINE, {}, "machine", (2800, 4000), id="machine"),
        pytest.param(MACHINE, {"beep": True}, "beep", (4000, 9000), id="beep"),
        pytest.param(HUMAN, {"async": True}, "human", (1300, 3000), id="in the background"),
        pytest.param(silence(1.0), {"timeout": 2000}, "unknown", (1900, 2100), id="timeout"),
    ],
)
async def test_result_is_published(
    site: Site, says: Pcm, option: dict[str, Any], by: str, at_ms: tuple[int, int]
) -> None:
    found, caller = await result(site, says, **option)
    assert found["answered_by"] == by
    assert at_ms[0] <= found["at_ms"] <= at_ms[1]
    caller.close()


async def test_machine_is_hung_up(site: Site) -> None:
    found, caller = await result(site, MACHINE, machine_handle="hangup")
    assert found["answered_by"] == "machine"
    await until(lambda: f"hang up {HangupReason.AMD}" in caller.leg.done)
    caller.close()


async def test_detection_goes_with_actions_alone(site: Site) -> None:
    flow = (await site.api.post("/v1.0/flows", {"name": "own"}))[1]
    destination = {"type": "sip", "target": "a@192.0.2.1"}
    body = {"destinations": [destination], "machine_detection": "detect", "flow_id": flow["id"]}
    status, refusal = await site.api.post("/v1.0/calls", body)
    assert (status, "put the action amd into the flow" in refusal["error"]["message"]) == (400, True)


@pytest.mark.parametrize(("machine_detection", "beep"), [("detect", False), ("beep", True)])
async def test_call_with_detection_begins_with_it(site: Site, machine_detection: str, beep: bool) -> None:
    body = CallBody.model_validate(
        {
            "destinations": [{"type": "sip", "target": "a@192.0.2.1"}],
            "machine_detection": machine_detection,
            "actions": [{"type": "answer"}],
        }
    )
    order = await order_of(site.backend.services, site.backend.customer_id, body)
    assert [each["type"] for each in order.program.actions] == ["amd", "answer"]
    assert order.program.actions[0]["option"]["beep"] is beep
