"""A WHIP client made of GStreamer's webrtcbin: gstreamer_program.py URL TOKEN HZ EAR, until SIGTERM.

It needs PyGObject, and so the system's Python. It sends a tone, and writes what it hears to EAR, 16-bit mono at 48 kHz.
Each line of its input is digits, which it sends by RFC 4733 (rtpdtmfsrc).
With 0 for HZ it only receives, as a WHEP player does.
"""

import importlib
import signal
import sys
from typing import Any
from urllib.parse import urljoin
from urllib.request import Request, urlopen

gi = importlib.import_module("gi")
for name in ("Gst", "GstWebRTC", "GstSdp"):
    gi.require_version(name, "1.0")
Gst, GstWebRTC, GstSdp, GLib = (
    importlib.import_module(f"gi.repository.{name}") for name in ("Gst", "GstWebRTC", "GstSdp", "GLib")
)
_SENDS = (
    "webrtcbin name=peer bundle-policy=max-bundle rtpdtmfmux name=mux ! peer. "
    "audiotestsrc name=tone is-live=true wave=sine volume=0.2 freq={hz} "
    "! audio/x-raw,rate=48000 ! opusenc ! rtpopuspay pt=100 ! mux.sink_0 "
    "rtpdtmfsrc name=keys pt=101 clock-rate=48000 ! mux.priority_sink_0"
)
_SOURCES = ("tone", "keys")
_FORMATS = (
    "application/x-rtp,media=audio,encoding-name=OPUS,encoding-params=(string)2,clock-rate=48000,payload=100;"
    "application/x-rtp,media=audio,encoding-name=TELEPHONE-EVENT,clock-rate=48000,payload=101"
)
_EVENTS = "0123456789*#ABCD"
_TONE_MS = 200
_OPUS = (
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=100,clock-rate=48000,encoding-params=(string)2"
)
_RECORDS = (
    "rtpopusdepay ! opusdec ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=1 "
    "! filesink buffer-mode=unbuffered location={ear}"
)


def _receiver() -> Any:
    """Return a pipeline of a peer alone; parse_launch makes one of several elements only."""
    pipeline, peer = Gst.Pipeline(), Gst.ElementFactory.make("webrtcbin", "peer")
    peer.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
    pipeline.add(peer)
    return pipeline


class Client:
    """One WHIP session (RFC 9725)."""

    def __init__(self, url: str, token: str, hz: str, ear: str) -> None:
        self._url, self._token, self._ear = url, token, ear
        self._session = ""
        self._sources = _SOURCES if float(hz) else ()
        self._pipeline = Gst.parse_launch(_SENDS.format(hz=hz)) if self._sources else _receiver()
        self._peer = self._pipeline.get_by_name("peer")
        if self._sources:
            self._peer.emit("get-transceiver", 0).set_property(
                "codec-preferences", Gst.Caps.from_string(_FORMATS)
            )
        # webrtcbin offers no more formats than the one that flows already, so nothing may flow before the offer.
        for name in self._sources:
            self._pipeline.get_by_name(name).set_locked_state(True)
        self._offered = False
        self._peer.connect("on-negotiation-needed", lambda _: self._create_offer())
        self._peer.connect("notify::ice-gathering-state", lambda *_: GLib.idle_add(self._gathering_changed))
        self._peer.connect("pad-added", lambda _, pad: self._record(pad))
        if not self._sources:
            direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
            self._peer.emit("add-transceiver", direction, Gst.Caps.from_string(_OPUS))
        self._pipeline.set_state(Gst.State.PLAYING)

    def leave(self) -> None:
        """End the session by DELETE."""
        if self._session:
            self._request("DELETE", self._session)
        self._pipeline.set_state(Gst.State.NULL)

    def press(self, digits: str) -> bool:
        """Send digits, one after the other; return True: more may come."""
        for place, digit in enumerate(digits):
            for start, at_ms in ((True, 2 * place * _TONE_MS), (False, (2 * place + 1) * _TONE_MS)):
                GLib.timeout_add(at_ms, self._press, _EVENTS.index(digit), start)
        return True

    def _press(self, event: int, start: bool) -> bool:
        described = Gst.Structure.from_string(
            f"dtmf-event,type=(int)1,method=(int)1,number=(int){event},volume=(int)10,start=(boolean){start}"
        )[0]
        self._pipeline.send_event(Gst.Event.new_custom(Gst.EventType.CUSTOM_UPSTREAM, described))
        return False

    def _create_offer(self) -> None:
        if self._offered:  # the caps of the stream change with each digit
            return
        self._offered = True

        def made(promise: Any, *_: object) -> None:
            promise.wait()
            reply = promise.get_reply()  # owns the offer
            self._peer.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())
            for name in self._sources:
                source = self._pipeline.get_by_name(name)
                source.set_locked_state(False)
                source.sync_state_with_parent()

        self._peer.emit("create-offer", None, Gst.Promise.new_with_change_func(made))

    def _gathering_changed(self) -> None:
        complete = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        if self._session or self._peer.get_property("ice-gathering-state") != complete:
            return
        offer = self._peer.get_property("local-description").sdp.as_text()
        location, answer = self._request("POST", self._url, offer)
        self._session = urljoin(self._url, location)
        _, parsed = GstSdp.SDPMessage.new_from_text(answer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, parsed)
        self._peer.emit("set-remote-description", description, Gst.Promise.new())

    def _request(self, method: str, url: str, body: str = "") -> tuple[str, str]:
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/sdp"}
        with urlopen(Request(url, body.encode() or None, headers, method=method)) as response:
            return response.headers.get("location") or "", response.read().decode()

    def _record(self, pad: Any) -> None:
        if pad.direction == Gst.PadDirection.SRC:
            recorder = Gst.parse_bin_from_description(_RECORDS.format(ear=self._ear), True)
            self._pipeline.add(recorder)
            recorder.sync_state_with_parent()
            pad.link(recorder.get_static_pad("sink"))


if __name__ == "__main__":
    Gst.init(None)
    client = Client(*sys.argv[1:5])
    loop = GLib.MainLoop()
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, loop.quit)
    GLib.io_add_watch(sys.stdin, GLib.IO_IN, lambda *_: client.press(sys.stdin.readline().strip()))
    loop.run()
    client.leave()
