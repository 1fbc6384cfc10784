"""A SIP phone that registers, with its own RFC 7616, so that a misread RFC on one side is noticed."""

import asyncio
import hashlib
import re
import secrets
from dataclasses import dataclass, field

from tests.support.sip_phone import PATIENCE_S, Message, Phone

__all__ = ["Challenge", "Line", "answer"]


@dataclass(frozen=True, slots=True)
class Challenge:
    """One WWW-Authenticate header."""

    realm: str
    nonce: str
    algorithm: str
    stale: bool

    @classmethod
    def of(cls, response: Message, algorithm: str = "SHA-256") -> "Challenge":
        """Return the challenge of a response that has this algorithm."""
        for value in response.values("www-authenticate"):
            found = dict(re.findall(r'(\w+)="?([^",]+)"?', value.removeprefix("Digest ")))
            if found["algorithm"] == algorithm:
                assert found["qop"] == "auth"
                return cls(found["realm"], found["nonce"], algorithm, found.get("stale") == "true")
        raise AssertionError(response.values("www-authenticate"))


def answer(challenge: Challenge, *, method: str, uri: str, user: str, password: str, count: int = 1) -> str:
    """Return the Authorization header's value."""

    def digest(text: str) -> str:
        name = {"SHA-256": "sha256", "MD5": "md5"}[challenge.algorithm]
        return hashlib.new(name, text.encode()).hexdigest()

    client_nonce, nonce_count = secrets.token_hex(8), f"{count:08x}"
    a1, a2 = digest(f"{user}:{challenge.realm}:{password}"), digest(f"{method}:{uri}")
    response = digest(f"{a1}:{challenge.nonce}:{nonce_count}:{client_nonce}:auth:{a2}")
    return (
        f'Digest username="{user}", realm="{challenge.realm}", nonce="{challenge.nonce}", uri="{uri}", '
        f'response="{response}", algorithm={challenge.algorithm}, qop=auth, nc={nonce_count}, cnonce="{client_nonce}"'
    )


@dataclass
class Line:
    """One registration of a phone: a Call-ID and its growing CSeq."""

    phone: Phone
    user: str
    password: str
    host: str
    """The registrar's domain."""
    algorithm: str = "SHA-256"
    contact: str = ""
    call_id: str = field(default_factory=lambda: secrets.token_hex(8))
    number: int = 0
    branch: str = ""

    @property
    def uri(self) -> str:
        return f"sip:{self.host}"

    def own_contact(self) -> str:
        host, port = self.phone.address[:2]
        transport = {"TCP": ";transport=tcp", "WSS": ";transport=ws"}.get(self.phone.transport, "")
        authority = f"{host}:{port}" if port else host
        return self.contact or f"<sip:{self.user}@{authority}{transport}>"

    def send(self, *headers: str, again: bool = False) -> None:
        """Send a REGISTER; with ``again``, repeat the last CSeq."""
        if not again:
            self.number += 1
            self.branch = f"z9hG4bK{secrets.token_hex(8)}"
        host, port = self.phone.address[:2]
        lines = [
            f"REGISTER {self.uri} SIP/2.0",
            f"Via: SIP/2.0/{self.phone.transport} {host}{f':{port}' if port else ''};branch={self.branch};rport",
            "Max-Forwards: 70",
            f"From: <sip:{self.user}@{self.host}>;tag=r",
            f"To: <sip:{self.user}@{self.host}>",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.number} REGISTER",
            *headers,
            "Content-Length: 0",
        ]
        self.phone.send("\r\n".join(lines) + "\r\n\r\n")

    async def response(self) -> Message:
        async with asyncio.timeout(PATIENCE_S):
            return await self.phone.inbox(self.call_id).get()

    async def ask(self, *headers: str, again: bool = False) -> Message:
        """Send a REGISTER and return the response."""
        self.send(*headers, again=again)
        return await self.response()

    async def challenged(self) -> Challenge:
        """Send a REGISTER without credentials, and return the challenge."""
        refusal = await self.ask()
        assert refusal.status_code == 401, refusal.start_line
        return Challenge.of(refusal, self.algorithm)

    def credentials(self, challenge: Challenge, *, count: int = 1) -> str:
        return f"Authorization: {self.value(challenge, 'REGISTER', self.uri, count=count)}"

    def value(self, challenge: Challenge, method: str, uri: str, *, count: int = 1) -> str:
        """Return an Authorization header's value for any request of this account."""
        return answer(challenge, method=method, uri=uri, user=self.user, password=self.password, count=count)

    async def register(self, expires_s: int = 600, *contacts: str) -> Message:
        """Register as a phone does: answer the first challenge."""
        challenge = await self.challenged()
        headers = [f"Contact: {contact}" for contact in contacts or (self.own_contact(),)]
        return await self.ask(self.credentials(challenge), f"Expires: {expires_s}", *headers)

    async def query(self) -> list[str]:
        """Return the Contact values of the registrar."""
        answer = await self.ask(self.credentials(await self.challenged()))
        assert answer.status_code == 200, answer.start_line
        return answer.values("contact")
