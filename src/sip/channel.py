"""Channels: the two ways to hold one end of a SOCK_SEQPACKET pair, on a loop or without one."""

import asyncio
import contextlib
import socket
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from mixminus import log
from mixminus.sip.messages import Message
from mixminus.sip.records import MAX_MESSAGE_BYTES, MalformedMessage, decode, encode

__all__ = ["BlockingChannel", "Channel", "Disconnected", "socket_pair"]

# Control messages only: more than this waiting means that the other process is stuck.
_MAX_WAITING: Final = 4096
_SEND_TIMEOUT_S: Final = 5.0
_SOCKET_BUFFER_BYTES: Final = 212_992  # what Linux grants by default
_RECORDS_A_WAKE: Final = 64

_log = log.get("sip.channel")


class Disconnected(Exception):
    """The process at the other end is gone."""


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a channel."""
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in pair:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER_BYTES)
    return pair


class Channel:
    """One end on an asyncio loop; what does not fit the socket waits in a bounded queue."""

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
        end.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(end, self._read)

    def send(self, message: Message) -> None:
        """Send in order; after the end of the other process, or past the queue's bound, nothing is sent."""
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
        """Send a message and a file descriptor; for the rare Fork, whose socket is never full."""
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
            self._loop.add_writer(self._socket, self._flush)
            return
        except OSError:
            self._disconnect()
            return
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
    """One end in a process without a loop; the owner polls ``fileno()``."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        end.settimeout(_SEND_TIMEOUT_S)

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: Message) -> None:
        """Send, or raise Disconnected when nobody reads."""
        try:
            self._socket.send(encode(message))
        except OSError as error:
            raise Disconnected from error

    def receive(self) -> tuple[Message, int | None]:
        """Return a message and the file descriptor that came with it; call when readable."""
        try:
            record, descriptors, _, _ = socket.recv_fds(self._socket, MAX_MESSAGE_BYTES + 1, 1)
        except OSError as error:
            raise Disconnected from error
        if not record:
            raise Disconnected
        return decode(record), (descriptors[0] if descriptors else None)

    def close(self) -> None:
        self._socket.close()
