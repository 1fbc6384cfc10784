"""Opens a room, records whoever comes, and saves the recording: record_a_room.py PATH [SECONDS]."""

import sys
import time
from pathlib import Path

from mixminus.client import Client
from mixminus.client.errors import Conflict

path, seconds = Path(sys.argv[1]), float((sys.argv[2:] or ["30"])[0])

with Client() as client:  # MIXMINUS_URL, MIXMINUS_KEY
    room = client.create_conference(type="conference", name="interview", record_on_start=False)
    for event in client.events(after=client.newest_event() - 1):
        if event.type == "conference_updated" and event.data["status"] == "progressing":
            break
    recording_id = client.start_recording(room.id, format="wav").recording_id
    print(f"call {room.id}")
    time.sleep(seconds)
    client.delete_conference(room.id)
    try:
        client.start_recording(room.id)
    except Conflict as error:
        print(f"closed: {error.reason}")
    while client.get_recording(recording_id).status != "ended":
        time.sleep(0.1)
    client.save_recording(recording_id, path)
    print(f"saved {path}")
