"""The version of the installed package."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["installed_version"]


def installed_version() -> str | None:
    """Return the version; None where the server runs from its source tree and is not installed."""
    try:
        return version("mixminus")
    except PackageNotFoundError:
        return None
