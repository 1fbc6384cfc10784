"""Where libopus and libsrtp are: inside the wheels of PyAV and pylibsrtp, found without importing either."""

from importlib.util import find_spec
from pathlib import Path

__all__ = ["opus_path", "srtp_path"]


def opus_path() -> str:
    """Return the libopus that PyAV's wheel carries, or an empty string."""
    return _newest(_package("av").parent / "av.libs", "libopus-*.so*")


def srtp_path() -> str:
    """Return pylibsrtp's binding, which exports libsrtp, or an empty string."""
    return _newest(_package("pylibsrtp"), "_binding*.so")


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return Path("/nonexistent")
    return Path(spec.origin).parent


def _newest(folder: Path, pattern: str) -> str:
    return max((str(path) for path in folder.glob(pattern)), default="")
