"""Permissions of agents, as bits (api.md section 1.6)."""

import enum
from typing import Final

__all__ = ["ADMIN", "KEYHOLDER", "STAFF", "WATCHER", "Permission", "allows", "grantable", "shows_secrets"]


class Permission(enum.IntFlag):
    """The permission bits, and named combinations."""

    NONE = 0
    PROJECT_SUPER_ADMIN = 1
    PROJECT_ALL = 15
    CUSTOMER_AGENT = 16
    CUSTOMER_ADMIN = 32
    CUSTOMER_MANAGER = 64
    CUSTOMER_VIEWER = 128
    CUSTOMER_ALL = 240
    ALL = 65535


ADMIN: Final = Permission.CUSTOMER_ADMIN
STAFF: Final = Permission.CUSTOMER_ADMIN | Permission.CUSTOMER_MANAGER
"""Either of the two suffices for conferences, calls and recordings."""
WATCHER: Final = STAFF | Permission.CUSTOMER_VIEWER
"""One of these suffices to read what staff may read; a viewer changes nothing, and gets no passwords and pins."""
KEYHOLDER: Final = STAFF
"""The permission of an access key, which acts as its customer."""


def allows(held: Permission, needed: Permission) -> bool:
    """Return whether one of the needed bits is held, or none is needed; the super admin needs none."""
    return not needed or bool(held & (needed | Permission.PROJECT_SUPER_ADMIN))


def shows_secrets(held: Permission) -> bool:
    """Return whether answers contain passwords and pins."""
    return allows(held, STAFF)


def grantable(held: Permission) -> Permission:
    """Return the bits that may be granted to others or revoked from them."""
    if held & Permission.PROJECT_SUPER_ADMIN:
        return Permission.ALL
    return Permission.CUSTOMER_ALL if held & ADMIN else Permission.NONE
