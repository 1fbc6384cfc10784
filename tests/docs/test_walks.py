"""Each step of the walks through the code names a function that is where the page says."""

import re

import pytest

from tests.support.documentation import ROOT

WALKS = (ROOT / "docs" / "explanation" / "walks.md").read_text("utf-8")
STEPS = sorted(set(re.findall(r"\| `((?:src|native)/\S+)` \| `(\w+)` \|", WALKS)))


@pytest.mark.parametrize(("path", "function"), STEPS)
def test_the_function_of_a_step_is_in_its_file(path: str, function: str) -> None:
    source = (ROOT / path).read_text("utf-8")
    definition = rf"^ *(async )?def {function}\(" if path.endswith(".py") else rf"^\w.*\b{function}\("
    assert re.search(definition, source, re.MULTILINE)
