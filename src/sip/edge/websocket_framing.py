"""WebSocket frames of one connection (RFC 6455), with SIP as the subprotocol (RFC 7118). No input or output."""

import base64
import binascii
import hashlib
import re
import struct
from typing import Final

from mixminus.sip.edge.message import MAX_MESSAGE_BYTES, Unparseable

__all__ = ["WebSocketFraming", "close_frame", "message_frame", "ping_frame"]

_MAX_HEAD_BYTES: Final = 8192
_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
_KEY_BYTES: Final = 16
_VERSION: Final = "13"
_SUBPROTOCOL: Final = "sip"
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_CONTROL_BIT: Final = 0x8
_FINAL_BIT: Final = 0x80
_MASK_BIT: Final = 0x80
_RESERVED_BITS: Final = 0x70
_MAX_CONTROL_BYTES: Final = 125
_SHORT, _LONG = 126, 127
_SHORT_LIMIT: Final = 65_536
_REQUEST_LINE = re.compile(r"GET [!-~]{1,2048} HTTP/1\.1\Z")
_PROTOCOL_ERROR, _TOO_BIG = 1002, 1009


class _Refused(Exception):
    """The opening handshake asks for something else; the HTTP response is its argument."""


class WebSocketFraming:
    """Reads the server's side: first the opening handshake, then messages; what must be sent back is in ``replies``."""

    def __init__(self) -> None:
        self.open = False
        """Whether the handshake is done."""
        self.closed = False
        """Whether the other side has closed, was refused, or has broken the protocol."""
        self.replies: list[bytes] = []
        """Responses to send, in order."""
        self._buffer = bytearray()
        self._message = bytearray()
        self._fragmented = False

    @property
    def partial(self) -> bool:
        """Whether part of a handshake, a frame or a message is buffered."""
        return bool(self._buffer or self._fragmented)

    def feed(self, received: bytes) -> list[bytes]:
        """Return the complete messages; raise Unparseable when the stream cannot be read any more."""
        if self.closed:
            return []
        self._buffer += received
        if not self.open:
            self._shake_hands()
        messages = []
        while self.open and not self.closed and (frame := self._frame()) is not None:
            if (message := self._take(*frame)) is not None:
                messages.append(message)
        return messages

    def _shake_hands(self) -> None:
        end = self._buffer.find(b"\r\n\r\n", 0, _MAX_HEAD_BYTES)
        if end < 0 and len(self._buffer) < _MAX_HEAD_BYTES:
            return
        try:
            self.replies.append(_accepted(self._buffer[: max(end, 0)].decode("latin-1")))
        except _Refused as refused:
            self.replies.append(refused.args[0])
            self.closed = True
            raise Unparseable("not a WebSocket for SIP") from None
        del self._buffer[: end + 4]
        self.open = True

    def _frame(self) -> tuple[int, bool, bytes] | None:
        """Return opcode, FIN and payload of the next frame; None if it is not complete."""
        if len(self._buffer) < 2:  # noqa: PLR2004 - the shortest header
            return None
        first, second = self._buffer[0], self._buffer[1]
        opcode, final, length = first & 0x0F, bool(first & _FINAL_BIT), second & ~_MASK_BIT & 0xFF
        if first & _RESERVED_BITS or not second & _MASK_BIT:
            raise self._broken(_PROTOCOL_ERROR, "a frame has no mask, or an extension that was not agreed on")
        if opcode & _CONTROL_BIT and (length > _MAX_CONTROL_BYTES or not final):
            raise self._broken(_PROTOCOL_ERROR, "a control frame is too long or a fragment")
        start = 2 + {_SHORT: 2, _LONG: 8}.get(length, 0)
        if len(self._buffer) < start + 4:
            return None
        if length >= _SHORT:
            length = int.from_bytes(self._buffer[2:start], "big")
        if length + len(self._message) > MAX_MESSAGE_BYTES:
            raise self._broken(_TOO_BIG, "a message is too large")
        end = start + 4 + length
        if len(self._buffer) < end:
            return None
        payload = _unmasked(bytes(self._buffer[start + 4 : end]), bytes(self._buffer[start : start + 4]))
        del self._buffer[:end]
        return opcode, final, payload

    def _take(self, opcode: int, final: bool, payload: bytes) -> bytes | None:
        """Return a message that the frame completes."""
        match opcode:
            case _ if opcode == _PING:
                self.replies.append(_frame_of(_PONG, payload))
            case _ if opcode == _PONG:
                pass
            case _ if opcode == _CLOSE:
                self.replies.append(_frame_of(_CLOSE, payload[:2]))
                self.closed = True
            case _ if opcode in (_TEXT, _BINARY, _CONTINUATION):
                if self._fragmented is not (opcode == _CONTINUATION):
                    raise self._broken(_PROTOCOL_ERROR, "a fragment does not continue a message")
                self._message += payload
                self._fragmented = not final
                if final:
                    message, self._message = bytes(self._message), bytearray()
                    return message
            case _:
                raise self._broken(_PROTOCOL_ERROR, "an opcode is unknown")
        return None

    def _broken(self, code: int, reason: str) -> Unparseable:
        self.replies.append(close_frame(code))
        self.closed = True
        return Unparseable(reason)


def message_frame(message: bytes) -> bytes:
    """Return a SIP message as a frame: text, or binary if it is not UTF-8 (RFC 7118 section 4.2)."""
    try:
        message.decode()
    except UnicodeDecodeError:
        return _frame_of(_BINARY, message)
    return _frame_of(_TEXT, message)


def ping_frame() -> bytes:
    return _frame_of(_PING, b"")


def close_frame(code: int) -> bytes:
    return _frame_of(_CLOSE, struct.pack("!H", code))


def _frame_of(opcode: int, payload: bytes) -> bytes:
    """Return an unmasked frame, as servers send them (RFC 6455 section 5.1)."""
    first, length = _FINAL_BIT | opcode, len(payload)
    if length < _SHORT:
        return bytes((first, length)) + payload
    if length < _SHORT_LIMIT:
        return struct.pack("!BBH", first, _SHORT, length) + payload
    return struct.pack("!BBQ", first, _LONG, length) + payload


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    length = len(payload)
    repeated = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(length, "big")


def _accepted(head: str) -> bytes:
    """Return the response to an opening handshake (RFC 6455 section 4.2.2); raise _Refused with another one."""
    line, *rest = head.split("\r\n")
    fields: dict[str, str] = {}
    for each in rest:
        name, _, value = each.partition(":")
        key = name.strip().lower()
        fields[key] = f"{fields[key]}, {value.strip()}" if key in fields else value.strip()
    if not _REQUEST_LINE.match(line):
        raise _Refused(_refusal("400 Bad Request", "not a WebSocket handshake"))
    if "websocket" not in _tokens(fields, "upgrade") or "upgrade" not in _tokens(fields, "connection"):
        raise _Refused(_refusal("426 Upgrade Required", "this port is for SIP over WebSocket"))
    if fields.get("sec-websocket-version") != _VERSION:
        raise _Refused(_refusal("426 Upgrade Required", f"WebSocket version {_VERSION} is required"))
    if _SUBPROTOCOL not in _tokens(fields, "sec-websocket-protocol"):
        raise _Refused(_refusal("400 Bad Request", "the WebSocket subprotocol sip is required (RFC 7118)"))
    key = fields.get("sec-websocket-key", "")
    if not _is_key(key):
        raise _Refused(_refusal("400 Bad Request", "Sec-WebSocket-Key is malformed"))
    digest = hashlib.sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\n"
        f"Sec-WebSocket-Protocol: {_SUBPROTOCOL}\r\n\r\n"
    ).encode()


def _refusal(status: str, reason: str) -> bytes:
    body = f"{reason}\n"
    return (
        f"HTTP/1.1 {status}\r\nUpgrade: websocket\r\nSec-WebSocket-Version: {_VERSION}\r\nConnection: close\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _tokens(fields: dict[str, str], name: str) -> set[str]:
    return {each.strip().lower() for each in fields.get(name, "").split(",")}


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False
