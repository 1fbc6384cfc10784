"""libraries.c and mixer/libraries.py: found without an import, and opened completely or not at all."""

import ctypes
import errno
import subprocess
import sys
from pathlib import Path

import pytest

from mixminus.mixer.libraries import Libraries, find_libraries
from tests.support.codec import NativeLibraries
from tests.support.native import ROOT, library

OPUS_HANDLE, SRTP_HANDLE = 0, 1


def _open(opus_path: str | None, srtp_path: str | None) -> tuple[int, NativeLibraries]:
    opened = NativeLibraries()
    paths = [path if path is None else path.encode() for path in (opus_path, srtp_path)]
    return library().mm_libraries_open(ctypes.byref(opened), *paths), opened


def test_both_libraries_are_found_in_the_wheels() -> None:
    found = find_libraries()
    assert Path(found.opus_path).parent.name == "av.libs"
    assert Path(found.srtp_path).parent.name == "pylibsrtp"


def test_a_given_path_is_returned_unchanged() -> None:
    given = find_libraries(opus_path="/x/opus", srtp_path="", rnnoise_path="/x/rnnoise")
    assert given == Libraries("/x/opus", "", "/x/rnnoise")


def test_finding_libraries_imports_no_package() -> None:
    script = (
        "import sys; from mixminus.mixer.libraries import find_libraries; find_libraries();"
        "sys.exit(bool({'av', 'pylibsrtp', 'pyrnnoise'} & set(sys.modules)))"
    )
    environment = {"PYTHONPATH": str(ROOT / "build" / "typing")}
    assert subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == 0


def test_all_functions_are_loaded() -> None:
    found = find_libraries()
    code, opened = _open(found.opus_path, found.srtp_path)
    assert code == 0
    assert library().mm_libraries_add_rnnoise(ctypes.byref(opened), found.rnnoise_path.encode()) == 0
    assert all(opened.names)
    library().mm_libraries_close(ctypes.byref(opened))
    assert not any(opened.names)


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_library_without_a_path_is_skipped(nothing: str | None) -> None:
    code, opened = _open(nothing, nothing)
    assert code == 0
    assert not any(opened.names)


@pytest.mark.parametrize("path", ["/nonexistent/libopus.so", "libm.so.6"], ids=["missing", "not opus"])
def test_a_wrong_library_is_refused_and_closed(path: str) -> None:
    code, opened = _open(path, find_libraries().srtp_path)
    assert code == -errno.ELIBACC
    assert not any(opened.names)
