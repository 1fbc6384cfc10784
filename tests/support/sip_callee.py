"""A SIP phone that is called: it rings, answers, or is cancelled."""

import asyncio
import secrets
from dataclasses import dataclass, field

from tests.support.sip_phone import PATIENCE_S, Message, Phone, sdp

__all__ = ["Callee"]


@dataclass
class Callee:
    """One received INVITE."""

    phone: Phone
    invite: Message
    tag: str = field(default_factory=lambda: secrets.token_hex(4))

    @classmethod
    async def rung(cls, phone: Phone) -> "Callee":
        """Wait for an INVITE, and ring."""
        async with asyncio.timeout(PATIENCE_S):
            callee = cls(phone, await phone.invites.get())
        callee.reply(callee.invite, 180)
        return callee

    @property
    def request_uri(self) -> str:
        return self.invite.start_line.split()[1]

    def answer(self) -> None:
        """Send 200 with an SDP answer."""
        self.reply(self.invite, 200, sdp())

    async def asked(self, method: str) -> Message:
        """Return the next request of this method."""
        async with asyncio.timeout(PATIENCE_S):
            while (message := await self.phone.inbox(self.invite.header("call-id")).get()).method != method:
                continue
            return message

    async def cancelled(self) -> None:
        """Wait for a CANCEL, and answer it."""
        self.reply(await self.asked("CANCEL"), 200)
        self.reply(self.invite, 487)

    def reply(self, request: Message, status_code: int, body: str = "") -> None:
        host, port = self.phone.address[:2]
        copied = [
            f"{name}: {value};tag={self.tag}" if name == "to" and "tag=" not in value else f"{name}: {value}"
            for name, value in request.headers
            if name in ("via", "from", "to", "call-id", "cseq", "record-route")
        ]
        transport = ";transport=tcp" if self.phone.transport == "TCP" else ""
        lines = [f"SIP/2.0 {status_code} Whatever", *copied, f"Contact: <sip:p@{host}:{port}{transport}>"]
        if body:
            lines.append("Content-Type: application/sdp")
        self.phone.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]))
