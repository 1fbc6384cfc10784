"""The envelope: a session description that pjmedia accepts, with the true one inside (ADR 5).

pjsua2 parses every SDP that passes it: a first codec that its build lacks fails the call, a dynamic payload
type without ``a=rtpmap`` aborts the process, SRTP needs its own transport. But the media is the
engine's. So the edge shows pjsua2 one constant PCMU description, whose ``a=fmtp`` carries the true
text, compressed, and unfolds it again on the way out. Codecs, SRTP and hold are negotiated by
``sip.sdp.negotiation`` alone, and no SDP from the network reaches pjmedia's parser.

It is an ``fmtp`` because pjsua2 returns the parameters of both *agreed* descriptions in ``StreamInfo`` after
each exchange: the only place where an answer in an ACK can be read.
"""

import base64
import binascii
import re
import zlib
from typing import Final

from mixminus.sip.sdp.description import MAX_BYTES, MalformedSdp

__all__ = ["PARAMETER", "fold", "unfold", "unfold_parameter"]

PARAMETER: Final = "mixminus"

_TEMPLATE: Final = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=fmtp:0 {}={}\r\na=sendrecv\r\n"
)
# 64 KiB in all. By default zlib takes 256 KiB, which the system gives and takes back for each description: that takes
# eight times as long as to compress it.
_WINDOW_BITS: Final = 13
_MEMORY_LEVEL: Final = 6
_FOLDED = re.compile(rf"^a=fmtp:0 {PARAMETER}=([A-Za-z0-9_-]+)\r?$", re.MULTILINE)


def fold(true_sdp: str) -> str:
    """Return the description for pjsua2."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
    packed = deflate.compress(true_sdp.encode()) + deflate.flush()
    return _TEMPLATE.format(PARAMETER, base64.urlsafe_b64encode(packed).decode().rstrip("="))


def unfold(shown: str) -> str:
    """Return the true description; raise MalformedSdp if there is none."""
    match = _FOLDED.search(shown)
    if not match:
        raise MalformedSdp("no description in the envelope")
    return unfold_parameter(match[1])


def unfold_parameter(value: str) -> str:
    """Return the true description from the parameter's value alone."""
    try:
        packed = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        inflate = zlib.decompressobj()
        text = inflate.decompress(packed, MAX_BYTES).decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError) as error:
        raise MalformedSdp("the envelope is damaged") from error
    if not inflate.eof:
        raise MalformedSdp("the envelope is damaged or too large")
    return text
