"""Channels between the processes: SOCK_SEQPACKET pairs, one record a message.

A record is JSON, the name of a class and its fields, and only what ``messages.py`` declares is accepted.
"""

import asyncio
import base64
import binascii
import contextlib
import dataclasses
import enum
import functools
import socket
import struct
import types
import typing
import uuid
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Final

import orjson

from mixminus import log
from mixminus.errors import InvalidArgument
from mixminus.sip.messages import Message

__all__ = [
    "MAX_MESSAGE_BYTES",
    "BlockingChannel",
    "Channel",
    "Disconnected",
    "MalformedMessage",
    "decode",
    "encode",
    "prepare_messages",
    "socket_pair",
]

MAX_MESSAGE_BYTES: Final = 65_536
# More control messages than this waiting means that the other process hangs.
_MAX_WAITING: Final = 4096
_SEND_TIMEOUT: Final = struct.pack("@ll", 5, 0)
"""5 s, as a struct timeval."""
_SOCKET_BUFFER_BYTES: Final = 212_992  # the default of Linux
_RECORDS_A_WAKE: Final = 64

_CLASSES: Final[dict[str, type]] = {each.__name__: each for each in typing.get_args(Message)}

_Read = Callable[[Any], Any]

_log = log.get("sip.channel")


class MalformedMessage(InvalidArgument):
    """A record that is not one of our messages, or a message that is too large to send."""

    reason = "MESSAGE_MALFORMED"


def encode(message: Message) -> bytes:
    """Return the record; raise MalformedMessage if it is larger than MAX_MESSAGE_BYTES or not JSON."""
    try:
        record = orjson.dumps((type(message).__name__, message), default=_encoded)
    except orjson.JSONEncodeError as error:
        raise MalformedMessage(f"{type(message).__name__}: {error}") from error
    if len(record) > MAX_MESSAGE_BYTES:
        raise MalformedMessage(f"{type(message).__name__} is {len(record)} bytes long")
    return record


def _encoded(value: object) -> str:
    """Return what JSON can hold of a value that is not JSON."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError


def decode(record: bytes) -> Message:
    """Return the message; raise MalformedMessage unless the record is exactly one of ``messages.Message``."""
    if len(record) > MAX_MESSAGE_BYTES:
        raise MalformedMessage("the record is too large")
    try:
        name, fields = orjson.loads(record)
        message: Message = _build(_CLASSES[name], fields)
    except (orjson.JSONDecodeError, binascii.Error, AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedMessage(f"not a message: {type(error).__name__}") from error
    return message


@functools.cache
def _readers_of(kind: type) -> dict[str, _Read]:
    return {name: _reader(hint) for name, hint in typing.get_type_hints(kind).items()}


def prepare_messages() -> None:
    """Make now what the first message of each kind makes, for the processes that are forked from this one."""
    for kind in _CLASSES.values():
        _readers_of(kind)


def _build(kind: type, fields: dict[str, Any]) -> Any:
    readers = _readers_of(kind)
    # A field that is unknown raises KeyError.
    return kind(**{name: readers[name](value) for name, value in fields.items()})


def _reader(hint: Any) -> _Read:  # noqa: PLR0911 - one return for each kind of value
    """Return what reads a value of a type; it raises an error for any other."""
    if isinstance(hint, types.UnionType):  # of a kind and None
        inner = _reader(typing.get_args(hint)[0])
        return lambda value: None if value is None else inner(value)
    hint = getattr(hint, "__supertype__", hint)
    if hint is uuid.UUID:
        return uuid.UUID
    if hint is bytes:
        return functools.partial(base64.b64decode, validate=True)
    if typing.get_origin(hint) is typing.Literal:
        return {each: each for each in typing.get_args(hint)}.__getitem__
    if dataclasses.is_dataclass(hint):
        _readers_of(typing.cast("type", hint))
        return functools.partial(_build, typing.cast("type", hint))
    if isinstance(hint, types.GenericAlias):
        return _tuple_reader(typing.get_args(hint))
    if issubclass(hint, enum.Enum):
        return typing.cast("_Read", hint)
    return functools.partial(_checked, hint)


def _tuple_reader(hints: tuple[Any, ...]) -> _Read:
    readers = [_reader(each) for each in hints if each is not Ellipsis]
    if hints[-1] is Ellipsis:
        return lambda values: tuple(map(readers[0], values))
    return lambda values: tuple(read(part) for read, part in zip(readers, values, strict=True))


def _checked(kind: type, value: Any) -> Any:
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise TypeError(f"{type(value).__name__} instead of {kind.__name__}")
    return value


class Disconnected(Exception):
    """The process at the other end has exited."""


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a new channel."""
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in pair:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER_BYTES)
    return pair


class Channel:
    """One end on an asyncio loop; messages that do not fit the socket wait in a bounded queue."""

    def __init__(
        self,
        end: socket.socket,
        *,
        on_message: Callable[[Message], None],
        on_disconnect: Callable[[], None],
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._socket = end
        self._on_message = on_message
        self._on_disconnect = on_disconnect
        self._waiting: deque[bytes] = deque()
        self._open = True
        self._blocked = False
        """Whether the loop flushes when the socket has room again."""
        end.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(end, self._read)

    @property
    def backlog(self) -> int:
        """How many messages wait for the other process."""
        return len(self._waiting)

    def send(self, message: Message) -> None:
        """Send in order; once the other process has exited, or the queue is full, nothing is sent."""
        if not self._open:
            return
        if len(self._waiting) >= _MAX_WAITING:
            self.counters["sip_channel_overrun"] += 1
            self._disconnect()
            return
        self._waiting.append(encode(message))
        if len(self._waiting) == 1:
            self._flush()

    def send_with_descriptor(self, message: Message, descriptor: int) -> None:
        """Send a message with a file descriptor; used for Fork only, which never fills the socket."""
        if self._open:
            with contextlib.suppress(OSError):
                socket.send_fds(self._socket, [encode(message)], [descriptor])

    def close(self) -> None:
        """Close our end; closing twice is harmless."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()

    def _flush(self) -> None:
        try:
            while self._waiting:
                self._socket.send(self._waiting[0])
                self._waiting.popleft()
        except BlockingIOError:
            self._blocked = True
            self._loop.add_writer(self._socket, self._flush)
            return
        except OSError:
            self._disconnect()
            return
        if self._blocked:
            self._blocked = False
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        for _ in range(_RECORDS_A_WAKE):
            if not self._open:
                return
            try:
                record = self._socket.recv(MAX_MESSAGE_BYTES + 1)
            except BlockingIOError:
                return
            except OSError:
                record = b""
            if not record:
                self._disconnect()
                return
            self._deliver(record)

    def _deliver(self, record: bytes) -> None:
        try:
            message = decode(record)
        except MalformedMessage as error:
            self.counters["sip_channel_malformed"] += 1
            _log.error("message malformed", cause=str(error))
            return
        self._on_message(message)

    def _disconnect(self) -> None:
        if self._open:
            self.close()
            self._on_disconnect()


class BlockingChannel:
    """One end in a process without an event loop; the owner polls ``fileno()``."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        # By the kernel: a timeout of Python's polls before each call.
        end.setblocking(True)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_TIMEOUT)
        self._descriptor = end.fileno()

    def fileno(self) -> int:
        return self._descriptor

    def send(self, message: Message) -> None:
        """Send; raise Disconnected if the other process has exited or does not read."""
        try:
            self._socket.send(encode(message))
        except OSError as error:
            raise Disconnected from error

    def receive(self) -> Message:
        """Return a message; call when readable."""
        try:
            record = self._socket.recv(MAX_MESSAGE_BYTES + 1)
        except OSError as error:
            raise Disconnected from error
        if not record:
            raise Disconnected
        return decode(record)

    def receive_with_descriptor(self) -> tuple[Message, int | None]:
        """Return a message and the file descriptor sent with it, if any; call when readable."""
        try:
            record, descriptors, _, _ = socket.recv_fds(self._socket, MAX_MESSAGE_BYTES + 1, 1)
        except OSError as error:
            raise Disconnected from error
        if not record:
            raise Disconnected
        return decode(record), (descriptors[0] if descriptors else None)

    def close(self) -> None:
        self._socket.close()
