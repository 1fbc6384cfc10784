"""Profiles: addresses and keys of several servers, in one private file of the user."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Profile", "add", "path", "profiles", "remove"]


@dataclass(frozen=True, slots=True)
class Profile:
    """How one server is reached."""

    url: str
    key: str = ""
    authority: str = ""
    """The file of the server's root certificate; empty for the public authorities."""


def path() -> Path:
    """Return the file of the profiles (XDG Base Directory Specification)."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "mixminus" / "profiles.json"


def profiles() -> dict[str, Profile]:
    """Return all profiles by name."""
    try:
        stored = json.loads(path().read_text())
    except FileNotFoundError:
        return {}
    return {name: Profile(**fields) for name, fields in stored.items()}


def add(name: str, profile: Profile) -> None:
    """Store a profile, and replace one of the same name."""
    _write({**profiles(), name: profile})


def remove(name: str) -> bool:
    """Remove a profile; return whether it was there."""
    known = profiles()
    found = known.pop(name, None) is not None
    _write(known)
    return found


def _write(known: dict[str, Profile]) -> None:
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    # It has keys: only its owner may read it.
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        json.dump({name: asdict(profile) for name, profile in known.items()}, stream, indent=2)
    part.replace(file)
