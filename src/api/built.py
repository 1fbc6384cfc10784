"""Files of the parts of the server's website that are built: the console and the guide."""

import mimetypes
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from aiohttp import hdrs, web

from mixminus.api.errors import RouteNotFound

__all__ = ["built_file"]

PAGE: Final = "index.html"
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


def built_file(
    folder: str, name: str, *, policy: str, missing: str, headers: Mapping[str, str] = NO_HEADERS
) -> web.FileResponse:
    """Return a file of a folder of ``mixminus.console``; an empty name is its page.

    Raises RouteNotFound with the text ``missing`` if there is no such file.
    """
    with as_file(files("mixminus.console").joinpath(folder)) as root:
        path = root / (name or PAGE)
        if not _is_below(path, root):
            raise RouteNotFound(missing)
        common = {
            hdrs.CONTENT_TYPE: mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            "Content-Security-Policy": policy,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return web.FileResponse(path, headers={**common, **headers})


def _is_below(path: Path, folder: Path) -> bool:
    """Return whether a path is a file in the folder, also after links and ``..`` are resolved."""
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())
