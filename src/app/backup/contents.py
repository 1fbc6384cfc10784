"""What of the data folder belongs into a backup."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mixminus.app.local_authority import FOLDER as TLS
from mixminus.app.settings import Settings

__all__ = ["TREES", "files_of", "folders"]

RECORDINGS: Final = "recordings"
TREES: Final = (RECORDINGS, "sounds", TLS, "transcription")
"""Below the data folder. Synthesized texts, in ``speech``, are made again when they are needed."""


def folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield name and path of each folder whose files belong together: each recording, and the other trees."""
    for tree in TREES:
        top = settings.data_dir / tree
        if tree == RECORDINGS and top.is_dir():
            for each in sorted(top.iterdir()):
                yield f"{tree}/{each.name}", each
        elif top.is_dir():
            yield tree, top


def files_of(path: Path) -> list[Path]:
    """Return the files below a path, or the path itself if it is one."""
    if path.is_file():
        return [path]
    return sorted(each for each in path.rglob("*") if each.is_file() and not each.is_symlink())
