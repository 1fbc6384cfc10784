"""The lifecycles of calls, and of calls that ring together (api.md sections 5.1 and 5.2)."""

import enum
from typing import Final

__all__ = [
    "CALL_TRANSITIONS",
    "GROUPCALL_TRANSITIONS",
    "CallEvent",
    "CallStatus",
    "GroupcallEvent",
    "GroupcallStatus",
    "HangupBy",
    "HangupReason",
]


class CallStatus(enum.StrEnum):
    DIALING = enum.auto()
    RINGING = enum.auto()
    PROGRESSING = enum.auto()
    TERMINATING = enum.auto()
    CANCELING = enum.auto()
    HANGUP = enum.auto()


class CallEvent(enum.StrEnum):
    RANG = enum.auto()
    ANSWERED = enum.auto()
    HANG_UP = enum.auto()
    CANCEL = enum.auto()
    ENDED = enum.auto()


CALL_TRANSITIONS: Final[dict[CallStatus, dict[CallEvent, CallStatus]]] = {
    CallStatus.DIALING: {
        CallEvent.RANG: CallStatus.RINGING,
        CallEvent.ANSWERED: CallStatus.PROGRESSING,
        CallEvent.HANG_UP: CallStatus.TERMINATING,
        CallEvent.CANCEL: CallStatus.CANCELING,
        CallEvent.ENDED: CallStatus.HANGUP,
    },
    CallStatus.RINGING: {
        CallEvent.ANSWERED: CallStatus.PROGRESSING,
        CallEvent.HANG_UP: CallStatus.TERMINATING,
        CallEvent.CANCEL: CallStatus.CANCELING,
        CallEvent.ENDED: CallStatus.HANGUP,
    },
    CallStatus.PROGRESSING: {
        CallEvent.HANG_UP: CallStatus.TERMINATING,
        CallEvent.ENDED: CallStatus.HANGUP,
    },
    CallStatus.TERMINATING: {CallEvent.ENDED: CallStatus.HANGUP},
    CallStatus.CANCELING: {CallEvent.ENDED: CallStatus.HANGUP},
    CallStatus.HANGUP: {},
}


class HangupBy(enum.StrEnum):
    NONE = ""
    REMOTE = "remote"
    LOCAL = "local"


class HangupReason(enum.StrEnum):
    NONE = ""
    NORMAL = "normal"
    FAILED = "failed"
    BUSY = "busy"
    CANCEL = "cancel"
    TIMEOUT = "timeout"
    NOANSWER = "noanswer"
    DIALOUT = "dialout"
    AMD = "amd"


class GroupcallStatus(enum.StrEnum):
    PROGRESSING = enum.auto()
    HANGINGUP = enum.auto()
    HANGUP = enum.auto()


class GroupcallEvent(enum.StrEnum):
    HANG_UP = enum.auto()
    ENDED = enum.auto()


GROUPCALL_TRANSITIONS: Final[dict[GroupcallStatus, dict[GroupcallEvent, GroupcallStatus]]] = {
    GroupcallStatus.PROGRESSING: {
        GroupcallEvent.HANG_UP: GroupcallStatus.HANGINGUP,
        GroupcallEvent.ENDED: GroupcallStatus.HANGUP,
    },
    GroupcallStatus.HANGINGUP: {GroupcallEvent.ENDED: GroupcallStatus.HANGUP},
    GroupcallStatus.HANGUP: {},
}
