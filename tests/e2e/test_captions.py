"""Live captions of what a phone says, by the Python client and by the command."""

import asyncio
import json
import os
import sys
from pathlib import Path

from mixminus.client import AsyncClient, Caption
from tests.e2e.conftest import Ring
from tests.e2e.test_transcript import PATIENCE_S, said
from tests.support.prompts import WIDE, word_error_rate
from tests.support.server import ACCESS_KEY, Server

SAID = ("all-circuits-busy-now", "pbx-invalid")
MOST_ERRORS = 0.15


async def test_what_a_phone_says_is_captioned_as_it_speaks(
    server: Server, phone: Ring, tmp_path: Path
) -> None:
    room = server.new_room()
    speech = said(SAID, WIDE)
    caller = phone(0.0, codec="G722/16000/1")
    await asyncio.to_thread(caller.dial, server.sip_uri(room))
    (id_,) = await asyncio.to_thread(server.wait_for_participants, room, 1)
    server.call("PATCH", f"/conferencecalls/{id_}", {"label": "Ada"})
    assert server.call("POST", f"/conferences/{room}/transcribe_start", {"language": "en-US"}).status == 200
    finals: list[Caption] = []
    partials: list[Caption] = []
    async with AsyncClient(server.url, key=ACCESS_KEY) as client:
        following = client.captions(room)
        async with asyncio.timeout(PATIENCE_S):
            waiting = asyncio.ensure_future(anext(following))
            await asyncio.to_thread(caller.speak, speech.microphone(tmp_path / "voice.wav"))
            caption = await waiting
            while True:
                (finals if caption.final else partials).append(caption)
                heard = " ".join(each.text for each in finals)
                if word_error_rate([(speech.text, heard)]) <= MOST_ERRORS:
                    break
                caption = await anext(following)
        server.call("DELETE", f"/conferences/{room}")
        async with asyncio.timeout(PATIENCE_S):
            finals += [each async for each in following if each.final]
    assert {each.name for each in (*finals, *partials)} == {"Ada"}
    assert {each.id for each in partials} <= {each.id for each in finals}
    assert all(each.start_s <= each.end_s for each in finals)
    assert [each.start_s for each in finals] == sorted(each.start_s for each in finals)
    await check_the_same_by_command(server, room, finals)


async def check_the_same_by_command(server: Server, room: str, finals: list[Caption]) -> None:
    """Assert that the command prints the captions of a room that has ended, from the begin."""
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mixminus", "captions", room, "--after", "0", "--json",
        env={**os.environ, "MIXMINUS_URL": server.url, "MIXMINUS_KEY": ACCESS_KEY}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE_S):
        printed, _ = await command.communicate()
    assert command.returncode == 0
    rows = [json.loads(row) for row in printed.decode().splitlines()]
    assert [(row["id"], row["text"]) for row in rows] == [(str(each.id), each.text) for each in finals]


async def test_what_a_phone_says_is_captioned_in_spanish(server: Server, phone: Ring, tmp_path: Path) -> None:
    room = server.new_room()
    caller = phone(0.0, codec="G722/16000/1")
    await asyncio.to_thread(caller.dial, server.sip_uri(room))
    await asyncio.to_thread(server.wait_for_participants, room, 1)
    start = f"/conferences/{room}/transcribe_start"
    begun = server.call("POST", start, {"language": "en-US", "translate_to": "es"})
    assert begun.status == 200
    async with AsyncClient(server.url, key=ACCESS_KEY) as client:
        following = client.captions(room, partials=False, language="es")
        waiting = asyncio.ensure_future(anext(following))
        await asyncio.to_thread(caller.speak, said(SAID[:1], WIDE).microphone(tmp_path / "voice.wav"))
        async with asyncio.timeout(PATIENCE_S):
            caption = await waiting
        assert caption.translated
        assert "circuitos" in caption.text  # of "all circuits are busy now"
        transcripts = [
            each async for each in client.list_transcripts(transcribe_id=begun.json["transcribe_id"])
        ]
        exported = await client.export_transcribe(begun.json["transcribe_id"], format="vtt", language="es")
    assert caption.text in exported.body.decode()
    (spoken,) = [each for each in transcripts if each.id == caption.id]
    assert "circuits" in spoken.message
    assert spoken.translations == {"es": caption.text}
