"""Telephone numbers in user parts: ``sip:+15550100;npdi;rn=...@host`` (RFC 3261 section 19.1.6, RFC 3966). Pure."""

import re
from typing import Final

from mixminus.sip.grammar import SipUri

__all__ = ["subscriber_of"]

_NUMBER = re.compile(r"\+?[().-]*[0-9][0-9().-]*\Z")
_DIGITS = re.compile(r"\+?[0-9]+\Z")
_SEPARATORS: Final = str.maketrans("", "", "-.()")
_GLOBAL_PREFIX = re.compile(r"\+[0-9]{1,15}\Z")
_PARAMETERS: Final = frozenset({
    # RFC 3966; RFC 4694 (number portability); RFC 4715; RFC 4759; RFC 4904 (trunk groups)
    "isub", "ext", "phone-context", "postd", "npdi", "rn", "rn-context", "cic", "cic-context", "isub-encoding",
    "enumdi", "tgrp", "trunk-context",
    # the calling party's category and the trunk groups of older gateways
    "cpc", "oli", "isup-oli", "otg", "dtg", "ctg", "noa", "cn",
})  # fmt: skip
"""What may follow a name that is no number: any other parameter is part of the name."""


def subscriber_of(uri: SipUri) -> str:
    """Return the user part without a telephone number's parameters and visual separators, escapes as they are.

    A local number in the context of a country (``5550100;phone-context=+1``) becomes the global one.
    """
    name, semicolon, rest = uri.user.partition(";")
    parameters = dict(_pair(each) for each in rest.split(";")) if semicolon else {}
    if not _NUMBER.match(name):
        return name if name and parameters and _PARAMETERS.issuperset(parameters) else uri.user
    number = name.translate(_SEPARATORS)
    if number != name and not (number.startswith("+") or parameters or _is_phone(uri)):
        return name
    context = parameters.get("phone-context", "")
    if _DIGITS.match(number) and not number.startswith("+") and _GLOBAL_PREFIX.match(context):
        return f"{context}{number}"
    return number


def _pair(parameter: str) -> tuple[str, str]:
    name, _, value = parameter.partition("=")
    return name.strip().lower(), value.strip()


def _is_phone(uri: SipUri) -> bool:
    return uri.parameters.get("user", "").lower() == "phone"
