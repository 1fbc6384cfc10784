"""The lifecycle of a browser's leg: offered, answered, connected, ended."""

import enum
from typing import Final

__all__ = ["WEBRTC_LEG_TRANSITIONS", "WebRtcLegEvent", "WebRtcLegState"]


class WebRtcLegState(enum.StrEnum):
    OFFERED = enum.auto()
    ANSWERED = enum.auto()
    CONNECTED = enum.auto()
    ENDED = enum.auto()


class WebRtcLegEvent(enum.StrEnum):
    ANSWER = enum.auto()
    CONNECT = enum.auto()
    END = enum.auto()


WEBRTC_LEG_TRANSITIONS: Final[dict[WebRtcLegState, dict[WebRtcLegEvent, WebRtcLegState]]] = {
    WebRtcLegState.OFFERED: {
        WebRtcLegEvent.ANSWER: WebRtcLegState.ANSWERED,
        WebRtcLegEvent.END: WebRtcLegState.ENDED,
    },
    WebRtcLegState.ANSWERED: {
        WebRtcLegEvent.CONNECT: WebRtcLegState.CONNECTED,
        WebRtcLegEvent.END: WebRtcLegState.ENDED,
    },
    WebRtcLegState.CONNECTED: {WebRtcLegEvent.END: WebRtcLegState.ENDED},
    WebRtcLegState.ENDED: {},
}
