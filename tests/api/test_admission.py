"""A server whose mixing threads have too much to do refuses new calls; a real engine under a real load."""

from contextlib import ExitStack

from tests.api.client import ApiClient
from tests.support.heavy import heavy_rooms
from tests.support.waiting import pace, until

STEP = 40
MEASURED_S = 2.5
"""More than the second over which the engine measures."""
WITHIN_S = 60.0
CALL = {"destinations": [{"type": "sip", "target": "nobody@127.0.0.1:9"}], "actions": []}


async def test_new_calls_are_refused_while_it_lasts(api: ApiClient) -> None:
    room = await api.room()
    whip = f"/v1.0/conferences/{room['id']}/whip"
    sdp = {"data": "v=0\r\n", "headers": {"Content-Type": "application/sdp"}}
    with ExitStack() as stack:

        async def refused() -> bool:
            status, _ = await api.post("/v1.0/calls", CALL)
            if status != 503:
                stack.enter_context(heavy_rooms(api.engine, STEP))
                await pace(MEASURED_S)
            return status == 503

        await until(refused, within_s=WITHIN_S)
        for path, options in (
            ("/v1.0/calls", {"json": CALL}),
            ("/v1.0/groupcalls", {"json": CALL}),
            (whip, sdp),
        ):
            async with api.request("POST", path, **options) as response:
                body = await response.json()
                assert (response.status, body["error"]["reason"]) == (503, "OVERLOADED"), path
                assert int(response.headers["Retry-After"]) > 0
        _, metrics = await api.get("/metrics")
        assert "mixminus_admission_refused_total 4" in metrics
        # Requests about the calls that are there are served.
        assert (await api.get(f"/v1.0/conferences/{room['id']}"))[0] == 200

    async def admitted() -> bool:
        return (await api.post("/v1.0/calls", CALL))[0] == 200

    await until(admitted, within_s=WITHIN_S)
