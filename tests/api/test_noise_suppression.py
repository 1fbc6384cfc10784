"""Noise suppression by the API: refused where its library is not installed, and chosen for a participant."""

from pathlib import Path

from tests.support.site import Site, open_site, site

__all__ = ["site"]


async def test_a_participant_chooses_for_itself(site: Site) -> None:
    wanted = {"type": "conference", "noise_suppression": True}
    status, room = await site.api.send("POST", "/v1.0/conferences", json=wanted)
    assert (status, room["noise_suppression"]) == (200, True)
    await site.becomes(room["id"], "progressing")
    await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    path = f"/v1.0/conferencecalls/{caller['id']}"
    assert caller["noise_suppression"] == "room"
    for choice in ("on", "off", "room"):
        status, changed = await site.api.send("PATCH", path, json={"noise_suppression": choice})
        assert (status, changed["noise_suppression"]) == (200, choice)


async def test_without_the_library_it_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async with open_site(tmp_path, rnnoise_path="") as site:
        wanted = {"type": "conference", "noise_suppression": True}
        room = await site.api.room()
        await site.backend.dial(room["id"])
        (caller,) = await site.participants(room["id"], "joined")
        answers = [
            await site.api.send("POST", "/v1.0/conferences", json=wanted),
            await site.api.send("PUT", f"/v1.0/conferences/{room['id']}", json={"noise_suppression": True}),
            await site.api.send(
                "PATCH", f"/v1.0/conferencecalls/{caller['id']}", json={"noise_suppression": "on"}
            ),
        ]
        for status, refused in answers:
            assert status == 503
            assert refused["error"]["reason"] == "NOISE_SUPPRESSION_UNAVAILABLE"
            assert "install mixminus[noise]" in refused["error"]["message"]
        assert not (await site.conference(room["id"]))["noise_suppression"]
        assert (await site.participants(room["id"], "joined"))[0]["noise_suppression"] == "room"
