"""What the README says of the tests and of the settings is so; the links of all pages lead somewhere."""

import re
from pathlib import Path

import pytest

from mixminus.app.settings import Settings, setting_name
from tests.conformance import behaviours
from tests.conformance.behaviours import README, readme_with_table

ROOT = README.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), ROOT / "bench" / "README.md"]


def slug(title: str) -> str:
    """Return what GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_the_table_of_behaviours_links_every_conformance_test() -> None:
    expected = readme_with_table()
    assert README.read_text("utf-8") == expected, "python -m tests.conformance.behaviours"


def test_each_of_the_fifty_behaviours_has_a_test() -> None:
    assert sorted(behaviours.tests()) == list(range(1, 51))


def test_every_setting_is_told() -> None:
    text = README.read_text("utf-8")
    for name in Settings.model_fields:
        assert f"`{setting_name(name)}`" in text, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    headings = {slug(title) for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if not target.startswith(("http://", "https://")):
            assert (page.parent / path).exists(), target
            assert path or anchor in headings, target
