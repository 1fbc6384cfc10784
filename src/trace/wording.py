"""Entries of a trace in words: the first line of a message, and what statistics say. Pure."""

from collections.abc import Mapping
from typing import Final

__all__ = ["VALUES", "of_statistics", "start_line"]

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
