"""The pages are complete and their links lead somewhere; README is short."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mixminus.app.settings import Settings, setting_name
from tests.conformance import behaviours
from tests.support.documentation import ROOT, described_metrics

DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("**/*.md")), ROOT / "bench" / "README.md"]
README_LINES = 120


def slug(title: str) -> str:
    """Return the anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def headings(text: str) -> set[str]:
    return {slug(title) for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= README_LINES


def test_the_behaviours_page_is_generated_from_the_conformance_tests() -> None:
    expected = behaviours.page()
    assert behaviours.PAGE.read_text("utf-8") == expected, "run python -m tests.conformance.behaviours"


def test_each_of_the_fifty_behaviours_has_a_test() -> None:
    assert sorted(behaviours.tests()) == list(range(1, 51))


def test_the_settings_page_names_every_setting() -> None:
    text = (DOCS / "reference" / "settings.md").read_text("utf-8")
    for name in Settings.model_fields:
        assert f"`{setting_name(name)}`" in text, name


def test_the_metrics_page_describes_the_counters_that_appear_with_their_first_count() -> None:
    sources = [*(ROOT / "src" / "sip").rglob("*.py"), *(ROOT / "src" / "webrtc").glob("*.py")]
    text = "".join(path.read_text("utf-8") for path in sources)
    names = re.findall(r'counters\[?[^\n]*?"((?:sip_|webrtc\.)[a-z_.]+)"', text)
    assert len(names) > 30
    metrics = {f"mixminus_{name.replace('.', '_')}_total" for name in names}
    assert metrics - described_metrics() == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if target.startswith(("http://", "https://")):
            continue
        linked = page.parent / path if path else page
        assert linked.exists(), target
        assert not anchor or anchor in headings(linked.read_text("utf-8")), target


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tutorials" / "first-room.html").exists()
