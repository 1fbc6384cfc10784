"""The pairs of languages that Apertium is installed for, as modes in its folder; tags are BCP 47 (RFC 5646)."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mixminus.speech.translation.errors import TranslationNotSupported

__all__ = ["PROGRAM", "Mode", "installed_modes", "mode_for", "mode_of"]

PROGRAM: Final = "apertium-wblank-mode"
"""Of the package `apertium`: makes a pipeline of a mode."""
_MODE: Final = re.compile(r"([a-z]{2,3})-([a-z]{2,3})(?:_([A-Za-z]+))?")
_PAIRS: Final = (
    "af:afr an:arg ar:ara be:bel bg:bul br:bre ca:cat cy:cym da:dan de:deu en:eng eo:epo es:spa eu:eus fi:fin fr:fra "
    "gl:glg hi:hin hr:hbs id:ind is:isl it:ita kk:kaz mk:mkd ms:zlm mt:mlt nb:nob nl:nld nn:nno no:nob oc:oci pl:pol "
    "pt:por ro:ron ru:rus sc:srd se:sme sh:hbs sl:slv sr:hbs sv:swe tr:tur tt:tat uk:ukr ur:urd"
)
_CODES: Final = dict(pair.split(":") for pair in _PAIRS.split())
"""ISO 639-1 to the ISO 639-3 of Apertium's modes; some packages use the former."""


@dataclass(frozen=True, slots=True)
class Mode:
    """A pair of languages, as ISO 639-3, one direction."""

    name: str
    """For example `eng-spa`."""
    path: str
    """Of the file that names its programs."""
    source: str
    target: str
    variant: str = ""
    """The region of the target, for example `US`."""


def mode_of(path: Path) -> Mode | None:
    """Return the mode of a file such as ``eng-spa.mode`` or ``spa-eng_US.mode``; None for any other."""
    found = _MODE.fullmatch(path.stem)
    return found and Mode(path.stem, str(path), _code(found[1]), _code(found[2]), found[3] or "")


def installed_modes() -> tuple[Mode, ...]:
    """Return the installed modes by name; none if the program is not installed. Reads a folder."""
    program = shutil.which(PROGRAM)
    if program is None:
        return ()
    folder = Path(program).resolve().parent.parent / "share" / "apertium" / "modes"
    modes = (mode_of(path) for path in sorted(folder.glob("*.mode")))
    return tuple(mode for mode in modes if mode)


def mode_for(source: str, target: str, modes: tuple[Mode, ...]) -> Mode:
    """Return the mode that translates between two BCP 47 tags: that of the target's region, else without one.

    Raises TranslationNotSupported, which says what to install.
    """
    from_, to = (_code(_primary(tag)) for tag in (source, target))
    subtags = {part.lower() for part in target.split("-")[1:]}
    found = [mode for mode in modes if (mode.source, mode.target) == (from_, to)]
    for mode in found:
        if mode.variant.lower() in subtags:
            return mode
    for mode in found:
        if not mode.variant:
            return mode
    package = "-".join(sorted((from_, to)))
    names = ", ".join(mode.name for mode in modes) or "none"
    raise TranslationNotSupported(
        f"nothing translates {source} to {target}; installed: {names}. Install Apertium's package of this pair, for example "
        f"`apt install apertium apertium-{package}`; `apt search apertium` lists all"
    )


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()


def _code(language: str) -> str:
    return _CODES.get(language, language)
