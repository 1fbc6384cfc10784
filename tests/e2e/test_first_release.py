"""A server on the database that the first release had left: its rows are there, and a phone joins its room."""

import sqlite3
from pathlib import Path
from uuid import UUID

from tests.support.documentation import ROOT
from tests.support.netns import ADDRESS
from tests.support.server import Server
from tests.support.sip_phone import Phone, sdp

RELEASE = ROOT / "tests" / "store" / "release_0001.sql"


async def test_a_phone_joins_a_room_of_the_first_release(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "mixminus.db") as database:
        database.executescript(RELEASE.read_text("utf-8"))
        ((found,),) = database.execute("SELECT id FROM conferences WHERE status = 'progressing'").fetchall()
        calls = [row[0] for row in database.execute("SELECT id FROM calls")]
    database.close()
    room = str(UUID(found))
    with Server(tmp_path) as server:
        # The first release was killed while these talked.
        shown = [server.call("GET", f"/calls/{UUID(each)}").json for each in calls]
        assert [each["status"] for each in shown] == ["hangup"] * 2
        assert server.call("GET", f"/conferences/{room}").json["status"] == "progressing"
        assert server.participants(room) == []
        caller = await Phone.open(server.sip_port, host=ADDRESS, source=ADDRESS)
        call = caller.call(room)
        call.invite(sdp())
        assert (await call.final()).status_code == 200
        call.ack()
        server.wait_for_participants(room, 1)
        await call.hang_up()
        await caller.close()
        assert server.stop() == 0
    assert "Traceback" not in server.log
