"""Sizes, names and tasks of the source tree: each rule is a test."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

import pytest

import mixminus

ROOT = Path(__file__).resolve().parents[1]
PYTHON_FILE_LINES = 400
PYTHON_FUNCTION_LINES = 50
# Files that are better unsplit, and why.
LONG_PYTHON_FILES = {
    **dict.fromkeys(
        ("src/client/generated/async_operations.py", "src/client/generated/operations.py"),
        "made from the OpenAPI document: a method for each operation",
    ),
    "src/app/wiring.py": "the wiring is one list, read from the top to the bottom",
    "src/client/generated/reasons.py": "made from the reasons of errors: a class for each",
    "src/client/generated/models.py": "made from the OpenAPI document: a class for each answer",
    "src/sip/messages.py": "the protocol between the SIP processes is read in one place",
}
TYPESCRIPT_FILE_LINES = 400
C_FILE_LINES = 500
C_HEADER_LINES = 140
C_FUNCTION_LINES = 60
PYX_FILE_LINES = 600
# Functions that are better unsplit.
LONG_FUNCTIONS = {
    "create_conference": "a method of the client has an argument for each field",
    "update_conference": "a method of the client has an argument for each field",
    "create_trunk": "a method of the client has an argument for each field",
    "update_trunk": "a method of the client has an argument for each field",
    "open_services": "the wiring is one list, read from the top to the bottom",
}
# Tables of numbers, made by the script beside them.
GENERATED_C = {"native/dsp/resample_tables.c", "native/dsp/resample_tables.h"}


def python_files() -> list[Path]:
    return sorted(path for top in ("src", "tests", "bench") for path in (ROOT / top).rglob("*.py"))


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def long_files(paths: Iterable[Path], limit: int, exceptions: Container[str] = ()) -> dict[str, int]:
    """Return the lines of the files that have too many."""
    named = {str(path.relative_to(ROOT)): lines_of(path) for path in paths}
    return {name: lines for name, lines in named.items() if lines > limit and name not in exceptions}


def long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in LONG_FUNCTIONS:
            lines = (node.end_lineno or 0) - node.lineno
            if lines >= PYTHON_FUNCTION_LINES:
                yield f"{path.relative_to(ROOT)}: {node.name}"


def test_python_files_and_functions_stay_small() -> None:
    assert long_files(python_files(), PYTHON_FILE_LINES, LONG_PYTHON_FILES) == {}
    assert [name for path in python_files() for name in long_functions(path)] == []


def c_functions(source: str) -> Iterator[tuple[str, int]]:
    """Yield the name and length of each function: kernel style puts its braces in column one."""
    start, name = 0, ""
    for number, line in enumerate(source.splitlines()):
        if line == "{":
            start = number
        elif line == "}":
            yield name, number - start
        elif found := re.match(r"[a-z].*?(\w+)\(", line):
            name = found[1]


def test_c_files_and_functions_stay_small() -> None:
    sources = sorted((ROOT / "native").glob("*/*.c"))
    assert sources
    assert long_files(sources, C_FILE_LINES, GENERATED_C) == {}
    for path in sources:
        long = {name: lines for name, lines in c_functions(path.read_text()) if lines > C_FUNCTION_LINES}
        assert long == {}, path


def test_headers_stay_small() -> None:
    headers = sorted((ROOT / "native").rglob("*.h"))
    assert headers
    assert long_files(headers, C_HEADER_LINES, GENERATED_C) == {}


def test_files_of_the_console_stay_small() -> None:
    sources = [path for path in (ROOT / "console/src").rglob("*.ts*") if "generated" not in path.parts]
    assert sources
    assert long_files(sources, TYPESCRIPT_FILE_LINES) == {}


def test_the_doorway_stays_a_doorway() -> None:
    source = (ROOT / "native" / "_engine.pyx").read_text()
    assert len(source.splitlines()) <= PYX_FILE_LINES


def test_the_engine_knows_no_python() -> None:
    for path in (ROOT / "native").rglob("*.[ch]"):
        assert "Python.h" not in path.read_text(), path


def test_memory_is_taken_only_where_things_are_opened() -> None:
    for path in (ROOT / "native").glob("*/*.c"):
        name = ""
        for line in path.read_text().splitlines():
            if found := re.match(r"[a-z].*?(\w+)\(", line):
                name = found[1]
            if re.search(r"\b(malloc|calloc|realloc|aligned_alloc|posix_memalign)\(", line):
                assert re.search(r"(_open|_alloc|_init)$", name), f"{path.name}: {name}"


def every_module() -> list[str]:
    found = pkgutil.walk_packages(mixminus.__path__, "mixminus.")
    return [
        module.name
        for module in found
        if ".migrations" not in module.name and not module.name.endswith("__main__")
    ]


def test_every_module_has_a_sorted_public_face() -> None:
    for name in every_module():
        check_public_face(name)


def check_public_face(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__ or not getattr(module, "__all__", []), f"{name} has no docstring"
    if "_engine" not in name:
        public = list(getattr(module, "__all__", []))
        constants_first = sorted(public, key=lambda word: (not word.isupper(), word))
        assert public in (constants_first, sorted(public)), name
        for word in public:
            assert hasattr(module, word), f"{name}.{word}"


FORBIDDEN = {
    r"\basyncio\.create_task\(|\.create_task\(": {"src/tasks.py"},
    r"\bdate(time)?\.(now|utcnow|today)\(|\bloop(\(\))?\.time\("
    r"|\btime\.(time|monotonic|perf_counter|process_time|gmtime|localtime)": {"src/clock.py"},
    r"(?<![\w.])print\(": set(),
}


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_some_calls_have_one_home(pattern: str) -> None:
    homes = FORBIDDEN[pattern]
    for path in (ROOT / "src").rglob("*.py"):
        if str(path.relative_to(ROOT)) not in homes:
            assert not re.search(pattern, path.read_text()), path


def test_wiring_assigns_nothing_into_a_service() -> None:
    """Services get what they need from their constructors: ``app`` builds them and assigns only to its own ``self``."""
    for path in (ROOT / "src" / "app").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                assert isinstance(node.value, ast.Name), f"{path.name}:{node.lineno}"
                assert node.value.id == "self", f"{path.name}:{node.lineno}"
            assert not (isinstance(node, ast.Name) and node.id == "setattr"), path.name


def test_no_test_sleeps() -> None:
    homes = {"tests/support/waiting.py", "tests/test_layout.py"}
    for path in (ROOT / "tests").rglob("*.py"):
        if str(path.relative_to(ROOT)) not in homes:
            assert not re.search(r"(?<![\w\"'`])(time|asyncio)\.sleep\(", path.read_text()), path
