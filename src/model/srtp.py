"""SRTP: whether the audio of calls is encrypted, by trunk, extension and customer. Pure."""

from typing import Literal

__all__ = ["Encryption", "SrtpPolicy", "first_policy", "strictest"]

Encryption = Literal["never", "optional", "required"]
"""In calls out ``optional`` offers SRTP, and calls again without it when it is refused; in calls in it takes what is offered."""

SrtpPolicy = Literal["", "never", "optional", "required"]
"""Empty where nothing is set: then the customer's counts, and at last the transport of the signalling."""


def first_policy(*policies: SrtpPolicy) -> SrtpPolicy:
    """Return the first policy that is set: that of an account comes before that of its customer."""
    return next((each for each in policies if each), "")


def strictest(*policies: SrtpPolicy) -> SrtpPolicy:
    """Return the policy that satisfies most of several customers: what is required counts first."""
    order: tuple[SrtpPolicy, ...] = ("required", "never", "optional")
    return next((each for each in order if each in policies), "")
