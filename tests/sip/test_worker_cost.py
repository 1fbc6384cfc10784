"""What a worker costs: no wakeups while nothing happens."""

from pathlib import Path

from mixminus.sip.config import SipConfig
from tests.support.sip_house import open_house
from tests.support.sip_phone import Phone
from tests.support.waiting import pace, until

MEASURED_S = 2.0
# One wait is at most 5 s long, and a timer of pjsip may fall into the time measured.
MOST_WAKEUPS = 4


def wakeups(pid: int) -> int:
    """Return how often the threads of a process have waited so far."""
    found = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        found += int(lines["voluntary_ctxt_switches"])
    return found


async def wakeups_in_a_while(pids: list[int]) -> list[int]:
    before = [wakeups(pid) for pid in pids]
    await pace(MEASURED_S)
    return [wakeups(pid) - count for pid, count in zip(pids, before, strict=True)]


async def test_worker_sleeps_without_and_with_quiet_calls() -> None:
    async with open_house(SipConfig(port=0, max_calls=4)) as house:
        pids = list(house.endpoint.worker_pids.values())
        assert max(await wakeups_in_a_while(pids)) <= MOST_WAKEUPS
        phone = await Phone.open(house.endpoint.port)
        call = phone.call("1000")
        await call.establish()
        await until(lambda: house.endpoint.dialogs)
        assert max(await wakeups_in_a_while(pids)) <= MOST_WAKEUPS
        await call.hang_up()
        await phone.close()
