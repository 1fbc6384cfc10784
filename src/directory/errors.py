"""Errors of the directory."""

from mixminus.errors import AlreadyExists, Conflict, InvalidArgument, NotFound

__all__ = [
    "CertificateNameNeeded",
    "ExtensionNotFound",
    "ExtensionTaken",
    "NumberNotFound",
    "NumberTaken",
    "PasswordNeeded",
    "ProviderNeeded",
    "ResourceDeleted",
    "TrunkNotFound",
    "TrunkTaken",
]


class NumberNotFound(NotFound):
    reason = "NUMBER_NOT_FOUND"


class NumberTaken(AlreadyExists):
    """Numbers are unique across customers: phones dial them without naming a host."""


class ExtensionNotFound(NotFound):
    reason = "EXTENSION_NOT_FOUND"


class ExtensionTaken(AlreadyExists):
    """Extension names are unique within a customer."""


class TrunkNotFound(NotFound):
    reason = "TRUNK_NOT_FOUND"


class TrunkTaken(AlreadyExists):
    """Trunk domain names are unique across customers: each is a SIP realm."""


class PasswordNeeded(InvalidArgument):
    """Digest authentication needs a username and a password."""


class CertificateNameNeeded(InvalidArgument):
    """Authentication by TLS needs the names that a certificate may be for."""


class ProviderNeeded(InvalidArgument):
    """A registration needs the provider's host, a username and a password."""


class ResourceDeleted(Conflict):
    """A deleted resource can be read but not changed."""
