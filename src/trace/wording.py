"""Entries of a trace in words: what a message is, what it offers, and what statistics say. Pure."""

import re
from collections.abc import Mapping
from typing import Final

__all__ = ["VALUES", "agent_of", "description_of", "kind_of", "of_statistics", "start_line", "title_of"]

VALUES: Final = (
    "rtp_received",
    "rtp_sent",
    "jbuf_lost",
    "jbuf_late",
    "frames_concealed",
    "rtp_wrong_source",
    "rtp_unknown_payload_type",
    "srtp_unauthenticated",
)
"""The counters of a port that are in its statistics."""
_MAX_LINE: Final = 200
_STATUS = re.compile(r"[1-6][0-9]{2}\b")
_CSEQ = re.compile(rb"[\r\n]cseq[ \t]*:[ \t]*[0-9]+[ \t]+([A-Za-z]{1,32})", re.IGNORECASE)
_TO_TAG = re.compile(rb"[\r\n](?:to|t)[ \t]*:[^\r\n]*;[ \t]*tag=", re.IGNORECASE)
_AGENT = re.compile(rb"[\r\n](?:user-agent|server)[ \t]*:[ \t]*([^\r\n]{1,80})", re.IGNORECASE)
_MEDIA = re.compile(r"^m=(\w+) (\d+)\S* (\S+) ([\d ]*)", re.MULTILINE)
_RTPMAP = re.compile(r"^a=rtpmap:(\d+) ([\w.-]+)", re.MULTILINE)
_DIRECTION = re.compile(r"^a=(sendrecv|sendonly|recvonly|inactive)\b", re.MULTILINE)
# RFC 3551 section 6: the formats that need no name.
_STATIC: Final = {"0": "PCMU", "3": "GSM", "8": "PCMA", "9": "G722", "18": "G729"}
_MAX_CODECS: Final = 5


def of_statistics(values: Mapping[str, float]) -> str:
    """Return statistics as a sentence."""
    parts = [
        f"audio: {values.get('rtp_received', 0):.0f} packets received, {values.get('rtp_sent', 0):.0f} sent",
        f"lost {values.get('loss', 0) * 100:.1f} %",
        f"jitter {values.get('jitter_ms', 0):.1f} ms",
        f"buffer {values.get('delay_ms', 0):.0f} ms",
    ]
    if "round_trip_ms" in values:
        parts.append(f"round trip {values['round_trip_ms']:.0f} ms")
        parts.append(f"lost at the far end {values.get('remote_loss', 0) * 100:.1f} %")
    if values.get("mos"):
        parts.append(f"MOS {values['mos']:.1f}")
    return ", ".join(parts)


def start_line(message: bytes) -> str:
    """Return the first line of a message: ``INVITE sip:...`` without the version, or ``200 OK``."""
    line = message.lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    if line.startswith("SIP/2.0 "):
        return line.removeprefix("SIP/2.0 ")[:_MAX_LINE]
    return line.removesuffix(" SIP/2.0")[:_MAX_LINE]


def kind_of(message: bytes) -> str:
    """Return ``request``, or of a response ``progress``, ``success``, ``redirect`` or ``failure``."""
    line = start_line(message)
    if not _STATUS.match(line):
        return "request"
    return {"1": "progress", "2": "success", "3": "redirect"}.get(line[0], "failure")


def title_of(message: bytes) -> str:
    """Return a short title: the method, or the status and the method that it answers."""
    line = start_line(message)
    if kind_of(message) != "request":
        answered = _CSEQ.search(message)
        return f"{line} ({answered[1].decode()})" if answered else line
    method, _, uri = line.partition(" ")
    method = method.upper()
    if method == "INVITE" and _TO_TAG.search(message):
        return "re-INVITE"
    return f"{method} {uri.partition(';')[0]}" if method == "INVITE" else method


def description_of(message: bytes) -> str:
    """Return what a session description offers or accepts: its codecs, direction, and whether it is encrypted."""
    text = re.sub(r"\r\n?", "\n", message.decode("utf-8", "replace"))
    media = _MEDIA.search(text)
    if not media:
        return ""
    if media[2] == "0":
        return "SDP: refused"
    names = {**_STATIC, **dict(_RTPMAP.findall(text))}
    codecs = list(dict.fromkeys(names.get(each, each) for each in media[4].split()))
    shown = ", ".join(codecs[:_MAX_CODECS]) + (", …" if len(codecs) > _MAX_CODECS else "")
    direction = _DIRECTION.search(text)
    parts = [shown, *([direction[1]] if direction and direction[1] != "sendrecv" else [])]
    if "SAVP" in media[3]:
        parts.append("DTLS-SRTP" if "TLS" in media[3] else "SRTP")
    return "SDP: " + " · ".join(parts)


def agent_of(message: bytes) -> str:
    """Return the program that a message names as its sender; empty if it names none."""
    agent = _AGENT.search(message)
    return agent[1].decode("utf-8", "replace").strip() if agent else ""
