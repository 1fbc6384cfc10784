"""The headers of our INVITEs that say who calls, and from where a call was diverted. Pure.

RFC 3325 (P-Asserted-Identity, P-Preferred-Identity), draft-ietf-sip-privacy-04 (Remote-Party-ID), RFC 5806
(Diversion), RFC 7044 (History-Info). They go to the trunk that asks for them only.
"""

from typing import Final

from mixminus.call.leg import Address, Target
from mixminus.model.call import Diversion
from mixminus.sip.addresses import from_value
from mixminus.sip.messages import HeaderFields

__all__ = ["identity_fields"]

_SPELLING: Final = {
    "p-asserted-identity": "P-Asserted-Identity",
    "p-preferred-identity": "P-Preferred-Identity",
}
_MAX_DIVERSIONS: Final = 5
# RFC 4458 section 2.1
_CAUSES: Final = {"user-busy": "486", "no-answer": "408", "out-of-service": "503", "deflection": "480"}
_UNCONDITIONAL: Final = "302"


def identity_fields(source: Address, target: Target, host: str, *, anonymous: bool) -> HeaderFields:
    """Return the headers that a target's caller policy asks for; ``host`` is our own.

    A caller that is anonymous is still named here, as the trunk needs it, which the Privacy header keeps from others.
    """
    policy = target.policy
    domain = policy.from_domain or host
    fields: list[tuple[str, str]] = []
    if policy.identity_header and source.target:
        value = _bracketed(from_value(source, domain, anonymous=False))
        if policy.identity_header == "remote-party-id":
            privacy = "full" if anonymous else "off"
            fields.append(("Remote-Party-ID", f"{value};party=calling;screen=yes;privacy={privacy}"))
        else:
            fields.append((_SPELLING[policy.identity_header], value))
    diversions = target.diversions[:_MAX_DIVERSIONS]
    if diversions and policy.diversion_header == "diversion":
        fields += [("Diversion", _diversion(each, domain)) for each in diversions]
    elif diversions and policy.diversion_header == "history-info":
        fields.append(("History-Info", _history(diversions, target.request_uri, domain)))
    return tuple(fields)


def _bracketed(value: str) -> str:
    return value if value.endswith(">") else f"<{value}>"


def _party(diversion: Diversion, domain: str) -> str:
    return from_value(Address("sip", diversion.target, name=diversion.name), domain, anonymous=False)


def _diversion(diversion: Diversion, domain: str) -> str:
    return f"{_party(diversion, domain)};reason={diversion.reason or 'unknown'}"


def _history(diversions: tuple[Diversion, ...], request_uri: str, domain: str) -> str:
    """Return the targets in the order of time; each but the first names the cause that led to it."""
    entries, cause, index = [], "", "1"
    for each in reversed(diversions):
        entries.append(f"{_with_cause(_party(each, domain), cause)};index={index}")
        cause, index = _CAUSES.get(each.reason, _UNCONDITIONAL), f"{index}.1"
    entries.append(f"{_with_cause(f'<{request_uri}>', cause)};index={index}")
    return ", ".join(entries)


def _with_cause(value: str, cause: str) -> str:
    return value.removesuffix(">") + f";cause={cause}>" if cause else value
