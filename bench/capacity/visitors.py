"""Visitors of one room of a server: each coroutine does one operation, and returns whether it was done."""

import asyncio
from dataclasses import dataclass, field
from typing import Final, Never, Self

from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription

from bench.capacity.callee import Callee
from bench.capacity.calls import Call, Callers, CallState
from bench.capacity.codecs import CODECS
from bench.capacity.plan import CodecName
from bench.capacity.server import HOST, Server, ServerFailed
from bench.capacity.sip_messages import offer

__all__ = ["Visitors"]

_PHONE_PORT: Final = 40_000
_STEP_S: Final = 0.05
_PRESENT_S: Final = 30.0


class _Unheard(MediaStreamTrack):
    """The microphone of a browser that sends no audio, as the phones send none."""

    kind = "audio"

    async def recv(self) -> Never:
        """Wait for ever."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError


@dataclass
class Visitors:
    """Phones, browsers and API requests that concern one room in which nobody talks."""

    name: str
    server: Server
    room: str
    callers: Callers
    callee: Callee
    calls: list[Call] = field(default_factory=list)
    browsers: list[tuple[RTCPeerConnection, str]] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    """Participants to be kicked."""

    @classmethod
    async def of(cls, name: str, server: Server) -> Self:
        """Open a room and the phones' sockets."""
        room = server.new_room()
        callers = await Callers.open(server.room_uri(room))
        return cls(name, server, room, callers, await Callee.open(HOST, _audio()))

    def close(self) -> None:
        """Close the sockets."""
        self.callee.close()
        self.callers.close()

    async def count_present(self) -> None:
        """Note who is in the room, once all phones are; raise ServerFailed if they are not soon."""
        try:
            async with asyncio.timeout(_PRESENT_S):
                while len(self.present) < len(self.calls):
                    await asyncio.sleep(_STEP_S)
                    self.present = self.server.room(self.room)["conferencecall_ids"]
        except TimeoutError:
            raise ServerFailed(f"{len(self.present)} of {len(self.calls)} phones are in the room") from None

    async def join(self) -> bool:
        """Let a phone call the room."""
        call = self.callers.call(self.server.room_uri(self.room), _audio())
        self.calls.append(call)
        await call.set_up()
        return call.state is CallState.ANSWERED

    async def hang_up(self) -> bool:
        """Let the phone that called last hang up."""
        call = self.calls.pop()
        await call.hang_up()
        return call.state is CallState.ENDED

    async def kick(self) -> bool:
        """Remove the participant that came last, whose call ends then."""
        await self._request("DELETE", f"/conferencecalls/{self.present.pop()}")
        return True

    async def dial(self) -> bool:
        """Let the server call a phone, which answers, into the room."""
        host, port = self.callee.address
        join = {"type": "conference_join", "option": {"conference_id": self.room}}
        target = {"type": "sip", "target": f"called@{host}:{port}"}
        await self._request("POST", "/calls", {"destinations": [target], "actions": [join]})
        return True

    def require_answered(self, count: int) -> None:
        """Raise ServerFailed unless so many calls were answered by the called phone."""
        if self.callee.answered != count:
            raise ServerFailed(f"{self.callee.answered} of {count} calls were set up")

    async def join_by_whip(self) -> bool:
        """Let a browser join; it is connected when ICE and DTLS are."""
        browser = RTCPeerConnection()
        browser.addTrack(_Unheard())
        connected = asyncio.Event()
        browser.on("connectionstatechange", lambda: _note(browser, connected))
        await browser.setLocalDescription(await browser.createOffer())
        path = f"/conferences/{self.room}/whip"
        answer, location = await asyncio.to_thread(self.server.whip, path, browser.localDescription.sdp)
        self.browsers.append((browser, location))
        await browser.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await asyncio.wait_for(connected.wait(), 20.0)
        return True

    async def leave_by_whip(self) -> bool:
        """Let a browser leave by DELETE of its session."""
        browser, location = self.browsers.pop()
        await asyncio.to_thread(self.server.leave_whip, location)
        await browser.close()
        return True

    async def _request(self, method: str, path: str, body: object = None) -> None:
        await asyncio.to_thread(self.server.call, method, path, body)


def _audio() -> str:
    return offer(CODECS[CodecName.PCMU], HOST, _PHONE_PORT, levels=False)


def _note(browser: RTCPeerConnection, connected: asyncio.Event) -> None:
    if browser.connectionState == "connected":
        connected.set()
