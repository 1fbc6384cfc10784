"""What the README says of the tests and of the settings is so."""

from mixminus.app.settings import Settings, setting_name
from tests.conformance import behaviours
from tests.conformance.behaviours import README, readme_with_table


def test_the_table_of_behaviours_links_every_conformance_test() -> None:
    expected = readme_with_table()
    assert README.read_text("utf-8") == expected, "python -m tests.conformance.behaviours"


def test_each_of_the_fifty_behaviours_has_a_test() -> None:
    assert sorted(behaviours.tests()) == list(range(1, 51))


def test_every_setting_is_told() -> None:
    text = README.read_text("utf-8")
    for name in Settings.model_fields:
        assert f"`{setting_name(name)}`" in text, name
