"""Find libopus, libsrtp and librnnoise: first in installed wheels, then in the system."""

import ctypes.util
import importlib.util
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Libraries", "find_libraries"]


@dataclass(frozen=True, slots=True)
class Libraries:
    """Paths of the libraries to load; an empty path means not found: Opus, SRTP or noise suppression is then unavailable."""

    opus_path: str
    srtp_path: str
    rnnoise_path: str = ""


def find_libraries(
    *, opus_path: str | None = None, srtp_path: str | None = None, rnnoise_path: str | None = None
) -> Libraries:
    """Find the libraries without importing their packages; a given path is returned unchanged."""
    return Libraries(
        opus_path=_opus() if opus_path is None else opus_path,
        srtp_path=_srtp() if srtp_path is None else srtp_path,
        rnnoise_path=_rnnoise() if rnnoise_path is None else rnnoise_path,
    )


def _opus() -> str:
    # auditwheel puts a wheel's libraries beside the package, as <package>.libs.
    package = _package_folder("av")
    found = sorted(package.with_name("av.libs").glob("libopus-*.so*")) if package else []
    return str(found[0]) if found else _system("opus")


def _srtp() -> str:
    # Debian's libsrtp2 is built without OpenSSL and several times slower, so the wheel's is preferred.
    package = _package_folder("pylibsrtp")
    found = sorted(package.glob("_binding*.so")) if package else []
    return str(found[0]) if found else _system("srtp2")


def _rnnoise() -> str:
    # Debian has no package of it.
    package = _package_folder("pyrnnoise")
    found = sorted(package.glob("librnnoise*.so")) if package else []
    return str(found[0]) if found else _system("rnnoise")


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _system(name: str) -> str:
    return ctypes.util.find_library(name) or ""
