"""A voice agent on pipecat's own TwilioFrameSerializer: pipecat_program.py PORT, until it is killed.

    /agent               the WebSocket that the server connects to
    POST /say?hz=&s=     sends a tone at once, 24 kHz, as a text-to-speech service does, and a mark
    POST /interrupt      sends pipecat's InterruptionFrame, answers with the time
    GET /heard           PCM heard so far, 16 kHz
    GET /messages        what came and is no audio, with its time

It needs build/pipecat (tools/install_pipecat.sh) on PYTHONPATH.
"""

import importlib
import sys
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import orjson
from aiohttp import WSMsgType, web

frames: Any = importlib.import_module("pipecat.frames.frames")
twilio: Any = importlib.import_module("pipecat.serializers.twilio")

HEARD_HZ, SPOKEN_HZ = 16000, 24000
AMPLITUDE = 8000


class Agent:
    """One connection; the serializer does all that is Twilio's."""

    def __init__(self) -> None:
        self._socket: web.WebSocketResponse | None = None
        self._serializer: Any = None
        self._heard = bytearray()
        self._messages: list[Any] = []

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        self._socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._receive(message.data)
        return socket

    async def _receive(self, text: str) -> None:
        message = orjson.loads(text)
        if message["event"] == "start":
            await self._start(message["start"])
        if message["event"] != "media":
            self._messages.append({"at_s": time.monotonic(), **message})
        if self._serializer and (frame := await self._serializer.deserialize(text)):
            if isinstance(frame, frames.InputAudioRawFrame):
                self._heard += frame.audio
            elif isinstance(frame, frames.InputDTMFFrame):
                self._messages.append({"event": "frame", "digit": frame.button.value})

    async def _start(self, start: dict[str, Any]) -> None:
        params = twilio.TwilioFrameSerializer.InputParams(sample_rate=HEARD_HZ, auto_hang_up=False)
        self._serializer = twilio.TwilioFrameSerializer(start["streamSid"], start["callSid"], params=params)
        await self._serializer.setup(SimpleNamespace())

    async def _send(self, frame: Any) -> None:
        assert self._socket is not None
        if text := await self._serializer.serialize(frame):
            await self._socket.send_str(text)

    async def say(self, request: web.Request) -> web.Response:
        hz, seconds = float(request.query["hz"]), float(request.query["s"])
        at = np.arange(int(seconds * SPOKEN_HZ)) / SPOKEN_HZ
        pcm = (AMPLITUDE * np.sin(2 * np.pi * hz * at)).astype("<i2").tobytes()
        for start in range(0, len(pcm), SPOKEN_HZ // 5):
            audio = pcm[start : start + SPOKEN_HZ // 5]
            await self._send(frames.OutputAudioRawFrame(audio=audio, sample_rate=SPOKEN_HZ, num_channels=1))
        sid = self._serializer._stream_sid
        mark = {"event": "mark", "streamSid": sid, "mark": {"name": "said"}}
        await self._send(frames.OutputTransportMessageUrgentFrame(message=mark))
        return web.json_response({"at_s": time.monotonic()})

    async def interrupt(self, _: web.Request) -> web.Response:
        await self._send(frames.InterruptionFrame())
        return web.json_response({"at_s": time.monotonic()})

    async def heard(self, _: web.Request) -> web.Response:
        return web.Response(body=bytes(self._heard))

    async def messages(self, _: web.Request) -> web.Response:
        return web.json_response(self._messages)


def main(port: int) -> None:
    """Serve on loopback."""
    agent = Agent()
    app = web.Application()
    app.add_routes(
        [
            web.get("/agent", agent.connect),
            web.post("/say", agent.say),
            web.post("/interrupt", agent.interrupt),
            web.get("/heard", agent.heard),
            web.get("/messages", agent.messages),
        ]
    )
    web.run_app(app, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
