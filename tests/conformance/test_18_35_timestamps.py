"""35: all times have one format, and tm_update increases with every change."""

import re

from tests.support.site import Site

LEGACY = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$")


async def test_18_35_every_time_has_the_legacy_format(site: Site) -> None:
    room = await site.api.room()
    await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    _, call = await site.api.get(f"/v1.0/calls/{caller['reference_id']}")
    for shown in (await site.conference(room["id"]), caller, call):
        times = {key: value for key, value in shown.items() if key.startswith("tm_")}
        assert {"tm_create", "tm_update", "tm_delete"} <= times.keys()
        assert all(LEGACY.match(value) for value in times.values())


async def test_18_35_tm_update_strictly_increases(site: Site) -> None:
    room = await site.api.room()
    path = f"/v1.0/conferences/{room['id']}"
    seen = [(await site.conference(room["id"]))["tm_update"]]
    for method, target in (
        ("PUT", path),
        ("POST", f"{path}/direct-hash-regenerate"),
        ("POST", f"{path}/recording_start"),
        ("POST", f"{path}/recording_stop"),
        ("DELETE", path),
    ):
        body = {"json": {"name": "n"}} if method == "PUT" else {}
        status, _ = await site.api.send(method, target, **body)
        assert status == 200
        seen.append((await site.conference(room["id"]))["tm_update"])
    assert seen == sorted(set(seen))
