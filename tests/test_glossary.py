"""Names and comments use the words of docs/explanation/glossary.md; exceptions are listed with a reason."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY = ROOT / "docs" / "explanation" / "glossary.md"
EXCEPTIONS = ROOT / "tests" / "glossary_exceptions.txt"
C_COMMENTS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
C_NOT_NAMES = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|#\s*include[^\n]*', re.DOTALL)
CYTHON_NOT_NAMES = re.compile(r'""".*?"""|"[^"\n]*"|#[^\n]*', re.DOTALL)


def refused_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that names must not have, and those that docstrings and comments must not have."""
    words, _, metaphors = GLOSSARY.read_text().partition("## Words that are not used")
    rows = [line.strip("| ").split("|") for line in words.splitlines() if line.startswith("|")]
    in_names = {word for row in rows for word in re.findall(r"`(\w+)`", row[-1])}
    rows = [line.strip("| ").split("|") for line in metaphors.splitlines() if line.startswith("|")]
    everywhere = {word for row in rows for word in re.findall(r"`(\w+)`", row[0])}
    assert in_names
    assert everywhere
    return frozenset(in_names | everywhere), frozenset(everywhere)


IN_NAMES, IN_PROSE = refused_words()


def exceptions() -> dict[tuple[str, str], str]:
    """Return the reasons of exceptions, by file and word."""
    found = {}
    for line in EXCEPTIONS.read_text().splitlines():
        if line and not line.startswith("#"):
            path, word, reason = line.split(maxsplit=2)
            found[path, word] = reason
    return found


def words_of(name: str) -> set[str]:
    """Return the words of an identifier, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def python_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def prose_of_python(source: str, tree: ast.AST) -> Iterator[str]:
    """Yield the docstrings, those of fields included, and the comments."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str(docstring))):
                yield docstring
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def prose_of_c(source: str) -> Iterator[str]:
    """Yield the comments."""
    return (each for each in C_COMMENTS.findall(source) if not each.startswith('"'))


def prose_words(texts: Iterable[str]) -> set[str]:
    """Return the words in lower case; names and quotations in backquotes are not prose."""
    return {word for text in texts for word in re.findall(r"[a-z]+", re.sub(r"`[^`]*`", "", text).lower())}


def offences(path: Path) -> set[str]:
    """Return the refused words in a file's names, docstrings and comments."""
    text = path.read_text()
    if path.suffix in {".py", ".pyi"}:
        tree = ast.parse(text)
        names = set(python_names(tree))
        prose = prose_words(prose_of_python(text, tree))
    else:
        comments = CYTHON_NOT_NAMES if path.suffix in {".pyx", ".pxd"} else C_NOT_NAMES
        names = set(re.findall(r"[A-Za-z_]\w*", comments.sub(" ", text)))
        prose = prose_words(prose_of_c(text)) if comments is C_NOT_NAMES else set()
    in_names = {word for name in names for word in words_of(name)}
    refused = IN_NAMES if path.parts[len(ROOT.parts)] in {"src", "native"} else IN_PROSE
    return (in_names & refused) | (prose & IN_PROSE)


def sources() -> list[Path]:
    """Return the source files and the tests; migrations are history and stay as they are."""
    files = [path for folder in ("src", "tests") for path in (ROOT / folder).rglob("*.py")]
    files += (ROOT / "src").rglob("*.pyi")
    files += [path for suffix in ("c", "h", "pyx", "pxd") for path in (ROOT / "native").rglob(f"*.{suffix}")]
    return sorted(path for path in files if "versions" not in path.parts)


def test_names_and_prose_use_the_words_of_the_glossary() -> None:
    assert sources()
    found = {}
    for path in sources():
        name = str(path.relative_to(ROOT))
        if refused := offences(path) - {word for file, word in exceptions() if file == name}:
            found[name] = refused
    assert found == {}


def test_exceptions_to_the_glossary_are_needed() -> None:
    assert [(file, word) for file, word in exceptions() if word not in offences(ROOT / file)] == []
