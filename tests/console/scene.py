"""What the pictures of the console show: a meeting of real phones, and the things of a small customer."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.app.server import Server
from tests.console.pages import api
from tests.support.baresip import Baresip
from tests.support.netns import ADDRESS
from tests.support.tones import read_wav, write_wav
from tests.support.waiting import until
from tests.support.webhook_receiver import open_receiver

__all__ = ["Scene", "open_scene"]

SAMPLE_RATE_HZ: Final = 48_000
SPEECH_S: Final = 1200
RECORDED_S: Final = 15
PASSWORD: Final = "Secret-4711-x"
PEOPLE: Final = (
    (
        "Maria Lindqvist",
        "opus/48000/2",
        "The second milestone is done, and the tests have passed on both machines.",
    ),
    ("Tom Okafor", "G722/16000/1", "I will send the numbers to everybody after this meeting."),
    ("Front desk", "PCMU/8000/1", "Good morning. The visitors have arrived and wait in the lobby."),
)
EXTENSIONS: Final = ("201", "202", "300")
WAITING: Final = 48
"""The number of the phone in the lobby, which stands for a provider too."""
FLOW: Final[list[dict[str, Any]]] = [
    {"type": "answer"},
    {"type": "talk", "option": {"text": "Welcome. Press 1 for the meeting.", "language": "en-US"}},
    {"id": "wait for a key", "type": "digits_receive", "option": {"duration": 8000, "length": 1}},
    {
        "type": "branch",
        "option": {"target_ids": {"1": "the meeting"}, "default_target_id": "the meeting"},
    },
    {"id": "the meeting", "type": "conference_join"},
    {"type": "hangup"},
]


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the views of single things are."""

    room: str
    lobby: str
    """A room with a participant in its lobby."""
    flow: str
    run: str
    recording: str


def _speech(folder: Path, number: int, text: str) -> Path:
    """Write a sentence, again and again with pauses, for as long as the pictures take."""
    program = shutil.which("espeak-ng")
    assert program, "espeak-ng is missing: apt-get install espeak-ng"
    spoken = folder / f"spoken{number}.wav"
    subprocess.run([program, "-s", "150", "-p", str(30 + 15 * number), "-w", spoken, text], check=True)
    pcm, rate_hz = read_wav(spoken)
    length = int(len(pcm) * SAMPLE_RATE_HZ / rate_hz)
    sentence = np.interp(np.linspace(0, len(pcm), length), np.arange(len(pcm)), pcm).astype(np.int16)
    pause = np.zeros((2 + number) * SAMPLE_RATE_HZ, np.int16)
    period = np.concatenate([pause[: number * SAMPLE_RATE_HZ], sentence, pause])
    repeated = np.tile(period, -(-SPEECH_S * SAMPLE_RATE_HZ // len(period)))
    return write_wav(folder / f"microphone{number}.wav", repeated)


@asynccontextmanager
async def open_scene(server: Server, folder: Path) -> AsyncIterator[Scene]:
    """Make everything, and keep the phones in the room until the context ends."""
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(open_receiver())
        receiver.answer(500, 200, 200, 404)
        await api(
            server, "PUT", "/customer", name="Fjord Systems", webhook_method="POST", webhook_uri=receiver.uri
        )
        room = (await api(server, "POST", "/conferences", type="conference", name="Weekly meeting"))["id"]
        for name in ("Support", "Interviews", "Board"):
            await api(server, "POST", "/conferences", type="conference", name=name, pin="2468")
        await _telephony(server)
        flow, night = await _flows(server, room)
        for number, (name, codec, text) in enumerate(PEOPLE):
            microphone = await asyncio.to_thread(_speech, folder, number, text)
            login = _login(server, EXTENSIONS[number], name)
            phone = Baresip(
                folder / f"phone{number}", microphone, codec=codec, login=login, number=40 + number
            )
            stack.enter_context(phone)
            await asyncio.to_thread(phone.dial, f"sip:{room}@{ADDRESS}:{server.sip_port}")
            await _name_the_newest(server, room, name)
        lobby = await _waiting(server, stack, folder)
        await _conversation(server, room)
        recording = await _recording(server, room)
        await api(server, "POST", f"/conferences/{room}/transcribe_start", language="en-US")
        await _usage(server, folder)
        await api(server, "POST", f"/conferences/{room}/broadcasts", protocol="hls")
        run = (await api(server, "POST", "/activeflows", flow_id=night))["id"]
        yield Scene(room, lobby, flow, run, recording)


def _login(server: Server, extension: str, name: str) -> str:
    """Return the account of a phone that registers with an extension, and says who uses it."""
    where = f"{ADDRESS}:{server.sip_port}"
    return f'"{name}" <sip:{extension}@{where}>;auth_user={extension};auth_pass={PASSWORD};regint=300'


async def _usage(server: Server, folder: Path) -> None:
    """Let a phone be in a room, and leave it."""
    room = (await api(server, "POST", "/conferences", type="conference", name="Stand-up"))["id"]
    with Baresip(folder / "left", folder / "microphone1.wav", codec="PCMA/8000/1", number=49) as phone:
        await asyncio.to_thread(phone.dial, f"sip:{room}@{ADDRESS}:{server.sip_port}")

        async def joined() -> Any:
            listed = (await api(server, "GET", f"/conferencecalls?conference_id={room}"))["result"]
            return [each for each in listed if each["status"] == "joined"]

        (joined_row,) = await until(joined)
        await api(server, "POST", f"/calls/{joined_row['reference_id']}/hangup")


async def _waiting(server: Server, stack: AsyncExitStack, folder: Path) -> str:
    """Make a room with a lobby, and let a phone wait there."""
    made = await api(server, "POST", "/conferences", type="conference", name="Auditors", lobby=True)
    guest = f'"Henrik Dahl" <sip:henrik@{ADDRESS}:{11_000 + 4 * WAITING}>;regint=0'
    phone = Baresip(
        folder / "waiting", folder / "microphone0.wav", codec="PCMA/8000/1", login=guest, number=WAITING
    )
    stack.enter_context(phone)
    await asyncio.to_thread(phone.dial, f"sip:{made['id']}@{ADDRESS}:{server.sip_port}")
    return str(made["id"])


async def _conversation(server: Server, room: str) -> None:
    """Send what the chat shows, let something be played, and raise a hand."""
    listed = (await api(server, "GET", f"/conferencecalls?conference_id={room}"))["result"]
    maria, tom, reception = (
        next(each["id"] for each in listed if each["label"] == name) for name, _, _ in PEOPLE
    )
    for sender, recipient, text in (
        (maria, "", "The numbers are on page 12: https://example.com/report"),
        (tom, "", "Thank you. I will go through them after the meeting."),
        (reception, maria, "Your next visitors are here."),
    ):
        body = {"text": text, "sender_id": sender} | ({"recipient_id": recipient} if recipient else {})
        await api(server, "POST", f"/conferences/{room}/messages", **body)
    await api(server, "PATCH", f"/conferencecalls/{tom}", hand_raised=True)
    await api(server, "PATCH", f"/conferencecalls/{maria}", role="moderator")
    say = {"language": "en-US", "loop": 0, "gain_db": -40}
    await api(
        server, "POST", f"/conferencecalls/{reception}/talk", text="Please send the visitors up.", **say
    )


async def _name_the_newest(server: Server, room: str, name: str) -> None:
    async def unnamed() -> Any:
        listed = (await api(server, "GET", f"/conferencecalls?conference_id={room}"))["result"]
        return [each for each in listed if not each["label"] and each["status"] == "joined"]

    (newest,) = await until(unnamed)
    await api(server, "PATCH", f"/conferencecalls/{newest['id']}", label=name)


async def _telephony(server: Server) -> None:
    for number, (name, _, _) in zip(EXTENSIONS, PEOPLE, strict=True):
        await api(server, "POST", "/extensions", extension=number, name=name, password=PASSWORD)
    await api(server, "POST", "/extensions", extension="301", name="Meeting room", password=PASSWORD)
    await api(
        server,
        "POST",
        "/trunks",
        name="Northern Telecom",
        domain_name="northern",
        auth_types=["ip"],
        allowed_ips=["192.0.2.10"],
        outbound_host=f"{ADDRESS}:{11_000 + 4 * WAITING}",  # a phone answers its probes
        options_interval_s=5,
    )
    await api(
        server,
        "POST",
        "/trunks",
        name="Old exchange",
        domain_name="exchange",
        auth_types=["basic"],
        username="exchange",
        password=PASSWORD,
        outbound_host="127.0.0.1:9",
        options_interval_s=5,
    )


async def _flows(server: Server, room: str) -> tuple[str, str]:
    actions = [
        each | {"option": {"conference_id": room}} if each["type"] == "conference_join" else each
        for each in FLOW
    ]
    made = await api(
        server, "POST", "/flows", name="Reception", detail="Greets, and asks for a key", actions=actions
    )
    pauses = [{"type": "variable_set", "option": {"key": "queue", "value": "night"}}, {"type": "block"}]
    night = await api(server, "POST", "/flows", name="Night service", actions=pauses)
    for number, name in (("+15550100", "Head office"), ("+15550101", "Support")):
        await api(server, "POST", "/numbers", number=number, name=name, call_flow_id=made["id"])
    return str(made["id"]), str(night["id"])


async def _recording(server: Server, room: str) -> str:
    recording = (await api(server, "POST", f"/conferences/{room}/recording_start", stems=True))[
        "recording_id"
    ]
    end = asyncio.get_running_loop().time() + RECORDED_S
    await until(lambda: asyncio.get_running_loop().time() >= end, within_s=2 * RECORDED_S)
    await api(server, "POST", f"/conferences/{room}/recording_stop")

    async def complete() -> bool:
        return bool((await api(server, "GET", f"/recordings/{recording}"))["status"] == "ended")

    await until(complete)
    begun = await api(
        server, "POST", "/transcribes", reference_type="recording", reference_id=recording, language="en-US"
    )

    async def transcribed() -> bool:
        return bool((await api(server, "GET", f"/transcribes/{begun['id']}"))["status"] == "done")

    await until(transcribed, within_s=900)
    await api(server, "POST", f"/conferences/{room}/recording_start")
    return str(recording)
