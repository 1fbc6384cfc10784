"""Repair of SIP addresses: characters that must be escaped, names that need quotes, empty parameters. Pure.

Each function returns the text in a strict form, and what was wrong with it; what has no single meaning stays
as it is. Time is linear in the length.
"""

import re
from collections import Counter
from typing import Final
from urllib.parse import quote

from mixminus.sip.leniency import Leniency
from mixminus.sip.remembering import remembering
from mixminus.sip.scanning import split_outside_quotes

__all__ = [
    "escaped_uri",
    "repaired_address",
    "repaired_parameters",
    "repaired_request_uri",
    "without_repeats",
    "without_sips",
]

_SAFE_USER: Final = "-_.!~*'()&=+$,;?/:%"
"""unreserved, user-unreserved and the password's colon (RFC 3261 section 25.1), and escapes."""
_PLAIN_USER = re.compile(r"[A-Za-z0-9_.!~*'()&=+$,;?/:%-]*\Z")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"(sips?:)(.*)\Z", re.IGNORECASE | re.DOTALL)
_TEL = re.compile(r"tel:([^<>\s\"@]{1,128})\Z", re.IGNORECASE)
_NO_HOST: Final = "tel.invalid"
"""The host of a ``tel:`` URI as a SIP URI (RFC 3261 section 19.1.6), which has none (RFC 2606)."""
_HOST_END = re.compile(r"[;?>]")
_NAME_ADDRESS = re.compile(r'("(?:[^"\\]|\\.)*"\s*|[^"<>]*)<([^<>]*)>(.*)\Z', re.DOTALL)
_BARE = re.compile(r"(sips?:[^\s<>\"@]*@[^\s<>\"@,;?]+)((?:\s*;.*)?)\Z", re.IGNORECASE | re.DOTALL)
_CASE_MATTERS: Final = frozenset({"tag", "branch"})
_MAY_BE_EMPTY = re.compile(r"(?:[;=]|;\s*+(?:tag|branch))\s*+(?:;|\Z)", re.IGNORECASE)
"""A parameter without a name or a value, unless it is within quotes."""
_TOKENS = re.compile(r"[A-Za-z0-9.!%*_+`'~ \t-]*\Z")


def escaped_uri(uri: str) -> str:
    """Return a SIP URI whose user part is escaped; any other URI unchanged."""
    match = _SCHEME.match(uri)
    if not match or "@" not in match[2]:
        return uri
    user, _, rest = match[2].partition("@")
    end = _HOST_END.search(rest)
    authority, parameters = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    if "@" in authority:
        # A host has no "@": only the last one can be the separator.
        more, _, authority = authority.rpartition("@")
        user = f"{user}@{more}"
    if _PLAIN_USER.match(user) and not _BARE_PERCENT.search(user):
        return uri
    raw = _BARE_PERCENT.sub("%25", user).encode("utf-8", "surrogateescape")
    return f"{match[1]}{quote(raw, safe=_SAFE_USER)}@{authority}{parameters}"


def without_repeats(parameters: str) -> str:
    """Return ``;name=value;...`` without parameters that repeat an earlier one; different values stay, as an error."""
    if parameters.count(";") < 2:  # noqa: PLR2004 - one parameter repeats nothing
        return parameters
    first, *parts = split_outside_quotes(parameters, ";", brackets=False)
    kept: dict[tuple[str, str], str] = {}
    for part in parts:
        name, _, value = (each.strip() for each in part.partition("="))
        exact = value.startswith('"') or name.lower() in _CASE_MATTERS
        kept.setdefault((name.lower(), value if exact else value.lower()), part)
    return parameters if len(kept) == len(parts) else ";".join([first, *kept.values()])


def _without_empties(parameters: str) -> str:
    """Return ``;name=value;...`` without parameters that have no name, and without ``=`` that has no value.

    A tag or a branch without a value is none, where there is no other.
    """
    if not _MAY_BE_EMPTY.search(parameters):
        return parameters
    first, *parts = split_outside_quotes(parameters, ";", brackets=False)
    names = [part.partition("=")[0].strip().lower() for part in parts]
    times = Counter(names)
    kept = []
    for part, key in zip(parts, names, strict=True):
        name, equals, value = part.partition("=")
        if not part.strip() or (key in _CASE_MATTERS and times[key] == 1 and not value.strip()):
            continue
        kept.append(part if not equals or value.strip() else name)
    return ";".join([first, *kept])


@remembering
def repaired_parameters(parameters: str) -> tuple[str, Leniency | None]:
    """Return ``;name=value;...`` without what is empty or repeated, and what was wrong first."""
    if not parameters:
        return parameters, None
    full = _without_empties(parameters)
    single = without_repeats(full)
    if full != parameters:
        return single, Leniency.PARAMETER_EMPTY
    return single, Leniency.PARAMETER_REPEATED if single != full else None


def _repaired_end(uri: str) -> tuple[str, Leniency | None]:
    """Return a SIP URI without an empty port, and whose parameters after the host are neither empty nor repeated."""
    if not _SCHEME.match(uri):
        return uri, None
    start = uri.rfind("@") + 1
    end = uri.find(";", start)
    authority, parameters = (uri, "") if end < 0 else (uri[:end], uri[end:])
    if "?" in uri[start:]:
        return uri, None
    parameters, found = repaired_parameters(parameters)
    if authority.endswith(":") and authority.count(":") > 1 and authority[-2:] != "::":
        return authority[:-1] + parameters, Leniency.URI_PORT
    return authority + parameters, found


def without_sips(value: str) -> str:
    """Return a Request-URI or a bracketed Contact with ``sip:`` and ``transport=tls`` in place of ``sips:``.

    pjsip accepts ``sips:`` on a TLS transport only, and it has none: the edge has the connection.
    """
    head, bracket, rest = value.partition("<")
    uri = rest if bracket else value
    if not uri.lower().startswith("sips:"):
        return value
    end = len(uri) if not bracket else uri.find(">")
    if end < 0:
        return value
    transport = "" if "transport=" in uri[:end].lower() else ";transport=tls"
    return (
        f"{head}{bracket}sip:{uri[len('sips:') : end]}{transport}{uri[end:]}"
        if bracket
        else f"sip:{uri[len('sips:') :]}"
    )


@remembering
def repaired_request_uri(uri: str) -> tuple[str, Leniency | None]:
    """Return a Request-URI; a ``tel:`` URI becomes a SIP URI with its number as user (RFC 3261 section 19.1.6)."""
    if match := _TEL.match(uri):
        number = quote(match[1].encode("utf-8", "surrogateescape"), safe=_SAFE_USER)
        return f"sip:{number}@{_NO_HOST};user=phone", Leniency.TEL_URI
    escaped = escaped_uri(uri)
    repaired, found = _repaired_end(escaped)
    return repaired, Leniency.URI_CHARACTERS if escaped != uri else found


@remembering
def repaired_address(value: str) -> tuple[str, Leniency | None]:
    """Return one From, To or Contact; of several things that are wrong the first is named."""
    address, found = _repaired_form(value)
    repaired, more = _repaired_ends(address)
    return repaired, found or more


def _repaired_ends(value: str) -> tuple[str, Leniency | None]:
    """Return an address whose URI and whose parameters have repaired ends."""
    match = _NAME_ADDRESS.match(value)
    if not match:
        bare, semicolon, parameters = value.partition(";")
        repaired, found = repaired_parameters(semicolon + parameters)
        uri, more = _repaired_end(bare.rstrip())
        return (uri if more else bare) + repaired, more or found
    display, uri, parameters = match.groups()
    repaired, found = repaired_parameters(parameters)
    uri, more = _repaired_end(uri)
    return f"{display}<{uri}>{repaired}", more or found


def _may_be_two(display: str) -> bool:
    """Return whether a name could belong to an address before it, as one with a comma alone could not."""
    return ";" in display or ("," in display and (":" in display or "@" in display))


def _repaired_form(value: str) -> tuple[str, Leniency | None]:
    text = value.strip()
    match = _NAME_ADDRESS.match(text)
    if not match:
        bare = _BARE.match(text)
        if not bare:
            return value, None
        uri = escaped_uri(bare[1])
        if ";" not in bare[1] and uri == bare[1]:
            return value, None
        return f"<{uri}>{bare[2]}", Leniency.URI_BRACKETS if ";" in bare[1] else Leniency.URI_CHARACTERS
    display, uri, parameters = match.groups()
    inner = uri.strip(" \t")
    escaped = escaped_uri(inner)
    found = Leniency.URI_CHARACTERS if escaped != inner else Leniency.URI_BRACKETS if inner != uri else None
    shown = display
    if not display.startswith('"') and not _TOKENS.match(display) and not _may_be_two(display):
        name = display.strip().replace("\\", "\\\\")
        shown, found = f'"{name}" ', found or Leniency.DISPLAY_NAME
    return (f"{shown}<{escaped}>{parameters}", found) if found else (value, None)
