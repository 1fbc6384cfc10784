"""The TOML file of settings, and the error that names a wrong one."""

import os
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from mixminus.errors import InvalidArgument

__all__ = ["PREFIX", "BadSettings", "read_file"]

PREFIX: Final = "MIXMINUS_"
DEFAULT_CONFIG: Final = "mixminus.toml"


class BadSettings(InvalidArgument):
    """The server cannot start as configured; the message says what to change, and where."""


def read_file(known: Collection[str]) -> dict[str, Any]:
    """Return the settings of the file, if there is one; raise BadSettings unless all their names are known."""
    named = os.environ.get(f"{PREFIX}CONFIG")
    path = Path(named or DEFAULT_CONFIG)
    if not named and not path.is_file():
        return {}
    try:
        config = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadSettings(
            f"{PREFIX}CONFIG names {path}, which cannot be read ({error.strerror}): correct the path or unset it"
        ) from None
    except ValueError as error:
        raise BadSettings(f"{path} is not TOML: {error}") from None
    if unknown := sorted(config.keys() - set(known)):
        raise BadSettings(
            f"{path}: no such setting: {', '.join(unknown)}; `mixminus serve --help` lists them all"
        )
    return config
