"""What the directory refuses."""

from mixminus.errors import AlreadyExists, Conflict, InvalidArgument, NotFound

__all__ = [
    "ExtensionNotFound",
    "ExtensionTaken",
    "NumberNotFound",
    "NumberTaken",
    "PasswordNeeded",
    "ResourceDeleted",
    "TrunkNotFound",
    "TrunkTaken",
]


class NumberNotFound(NotFound):
    reason = "NUMBER_NOT_FOUND"


class NumberTaken(AlreadyExists):
    """Phones dial a number whatever the host, so that it can mean one thing only."""


class ExtensionNotFound(NotFound):
    reason = "EXTENSION_NOT_FOUND"


class ExtensionTaken(AlreadyExists):
    """One customer has one extension of a name."""


class TrunkNotFound(NotFound):
    reason = "TRUNK_NOT_FOUND"


class TrunkTaken(AlreadyExists):
    """A trunk's domain name is its realm: it is given once at a time."""


class PasswordNeeded(InvalidArgument):
    """Whoever is to be asked for a password must have one."""


class ResourceDeleted(Conflict):
    """A thing that is deleted can be read, and not be changed."""
