"""What is accepted although its form is wrong, by name. Pure.

Each deviation from a grammar that has one possible meaning is repaired where it is received (``sdp.repair``,
``edge.bodies``, ``edge.repair``), and counted as ``mixminus_sip_leniencies_total`` with its name as a label. All
code after that reads strict forms only.
"""

import enum
from typing import Final

__all__ = ["COUNTER", "Leniency"]

COUNTER: Final = "sip_leniencies"
"""The counter's name before the colon and the leniency's name."""


class Leniency(enum.StrEnum):
    """The names, which are the label's values."""

    MULTIPART = enum.auto()
    """The session description is a part of a multipart body (RFC 5621): correct, and rare."""
    BODY_IGNORED = enum.auto()
    """A body that its sender marks as optional is not understood (RFC 3261 section 20.11)."""
    CONTENT_TYPE_MISSING = enum.auto()
    BOUNDARY_UNCLOSED = enum.auto()
    TRANSFER_ENCODING = enum.auto()
    """A part in base64 or quoted-printable."""
    SDP_BLANKS = enum.auto()
    """Blanks at the ends of lines, several between fields, or tabs."""
    SDP_BLANK_LINE = enum.auto()
    SDP_LINE = enum.auto()
    """A line that is none, which is left out, or that is folded as a SIP header is."""
    SDP_LINE_ENDING = enum.auto()
    """Lines that end with CR alone, a byte order mark, or NULs at the end."""
    SDP_ORIGIN = enum.auto()
    """An ``o=`` line that is missing or unreadable, or has an empty user, a user with blanks, or numbers that are none."""
    SDP_CONNECTION = enum.auto()
    """A ``c=`` line without or with the other address family, with brackets, a mapped IPv4 address, or a TTL after a unicast one."""
    SDP_DEAD_MEDIA = enum.auto()
    """A malformed media line that is rejected anyway: port 0, or not audio."""
    SDP_PAYLOAD_TYPE = enum.auto()
    """Formats that are no payload types, beside some that are; formats and ports with leading zeros."""
    SDP_ATTRIBUTE = enum.auto()
    """An attribute without a name; it is left out."""
    SDP_RTPMAP = enum.auto()
    """An ``a=rtpmap`` with blanks around a slash, of Opus without its two channels, of G.722 at its sample rate, or of
    telephone events that is missing or has no clock."""
    SDP_CRYPTO = enum.auto()
    """An ``a=crypto`` above all media, or with blanks, quotation marks or empty fields around or inside its key."""
    SDP_PROTOCOL = enum.auto()
    """A medium's protocol with the transport that it has anyway: ``RTP/AVP/UDP``, ``UDP/RTP/AVP``."""
    SDP_CASE = enum.auto()
    """Names in the wrong case."""
    INFO_DIGIT = enum.auto()
    """A digit in an INFO request that is written in an unusual way, or has no Content-Type."""
    INFO_IGNORED = enum.auto()
    """An INFO request of BroadWorks that is no hook flash; it is accepted, without effect."""
    URI_CHARACTERS = enum.auto()
    """Characters in a user part that must be escaped (RFC 3261 section 25.1)."""
    TEL_URI = enum.auto()
    """A ``tel:`` Request-URI (RFC 3966)."""
    URI_BRACKETS = enum.auto()
    """An address with ``;`` in its user part that is not between ``<`` and ``>``, or blanks beside these."""
    START_LINE = enum.auto()
    """Several blanks in a start line, or some at its end; a status line that ends with its code."""
    LINE_ENDING = enum.auto()
    """Header lines that all end with LF alone."""
    HEADER_REPEATED = enum.auto()
    """A header that must stand once is repeated with the same value."""
    PARAMETER_REPEATED = enum.auto()
    """A parameter that is written more than once, always with the same value."""
    PARAMETER_EMPTY = enum.auto()
    """A ``;`` without a parameter, or a ``=`` without a value; it is left out."""
    TAG_CHARACTERS = enum.auto()
    """A tag that is no token, as it has ``@``, ``=``, ``:`` or the like (RFC 3261 section 25.1)."""
    TAG_MISSING = enum.auto()
    """A From without a tag, or a To of a response: an RFC 2543 peer (RFC 3261 sections 12.1.1 and 12.1.2)."""
    METHOD_CASE = enum.auto()
    """A method that is not in capitals, in a request line, CSeq, RAck or Allow."""
    LIST_EMPTY = enum.auto()
    """A Via, Route or Record-Route, or an element of its list, that is empty; it is left out."""
    URI_PORT = enum.auto()
    """A colon after the host without a port number; it is left out."""
    URI_HEADERS = enum.auto()
    """Headers in the URI of a Contact, which no request within a dialog, and no call to a phone, can carry; they are left out."""
    CONTACT_REPEATED = enum.auto()
    """Several Contacts where one is allowed; the first is used."""
    HEADER_UNREADABLE = enum.auto()
    """A line that is no header, as it has no name or a wrong one; it is left out."""
    CONTENT_TYPE = enum.auto()
    """Blanks around the slash of a Content-Type."""
    DISPLAY_NAME = enum.auto()
    """A name that needs quotes and has none, with a comma too in From, To and Refer-To, which have one address."""
    RESPONSE_ADDRESS = enum.auto()
    """From or To of a response that differ from the request's; the request's are used."""
    CONTACT_UNREADABLE = enum.auto()
    """A Contact in a response that is no address; the address that the response came from is used."""
