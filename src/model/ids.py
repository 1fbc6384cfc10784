"""Identifiers: UUIDs with a type per resource, and the nil UUID for none."""

import secrets
import uuid
from typing import Final, NewType

__all__ = [
    "NIL",
    "AccessKeyId",
    "ActiveflowId",
    "AgentId",
    "BroadcastId",
    "CallId",
    "ChatMessageId",
    "ConferenceId",
    "ConferencecallId",
    "CustomerId",
    "ExtensionId",
    "FlowId",
    "GuestLinkId",
    "LegId",
    "ListenerId",
    "MediaStreamId",
    "NumberId",
    "PlaybackId",
    "RecordingId",
    "SpeakingId",
    "TraceId",
    "TranscribeId",
    "TranscriptId",
    "TrunkId",
    "new_direct_hash",
    "new_id",
]

CustomerId = NewType("CustomerId", uuid.UUID)
ConferenceId = NewType("ConferenceId", uuid.UUID)
ConferencecallId = NewType("ConferencecallId", uuid.UUID)
CallId = NewType("CallId", uuid.UUID)
FlowId = NewType("FlowId", uuid.UUID)
ActiveflowId = NewType("ActiveflowId", uuid.UUID)
RecordingId = NewType("RecordingId", uuid.UUID)
TraceId = NewType("TraceId", uuid.UUID)
TranscribeId = NewType("TranscribeId", uuid.UUID)
TranscriptId = NewType("TranscriptId", uuid.UUID)
AccessKeyId = NewType("AccessKeyId", uuid.UUID)
GuestLinkId = NewType("GuestLinkId", uuid.UUID)
AgentId = NewType("AgentId", uuid.UUID)
LegId = NewType("LegId", uuid.UUID)
ListenerId = NewType("ListenerId", uuid.UUID)
BroadcastId = NewType("BroadcastId", uuid.UUID)
ChatMessageId = NewType("ChatMessageId", uuid.UUID)
PlaybackId = NewType("PlaybackId", uuid.UUID)
MediaStreamId = NewType("MediaStreamId", uuid.UUID)
SpeakingId = NewType("SpeakingId", uuid.UUID)
NumberId = NewType("NumberId", uuid.UUID)
ExtensionId = NewType("ExtensionId", uuid.UUID)
TrunkId = NewType("TrunkId", uuid.UUID)

NIL: Final = uuid.UUID(int=0)


def new_id() -> uuid.UUID:
    """Return a random UUID (RFC 9562 version 4)."""
    return uuid.uuid4()


def new_direct_hash() -> str:
    """Return ``direct.`` and 12 lower-case hexadecimal characters (api.md 2.1)."""
    return f"direct.{secrets.token_hex(6)}"
