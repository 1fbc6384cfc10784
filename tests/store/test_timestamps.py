"""Times are written in one of two styles and read in both."""

from datetime import UTC, datetime

import pytest

from mixminus.store.timestamps import InvalidTimestamp, TimestampStyle, format_time, parse_time

MOMENT = datetime(2022, 2, 3, 6, 8, 56, 672025, UTC)
ROUND = datetime(2022, 2, 3, 6, 8, 56, 0, UTC)


@pytest.mark.parametrize(
    ("moment", "style", "text"),
    [
        pytest.param(MOMENT, TimestampStyle.LEGACY, "2022-02-03 06:08:56.672025", id="legacy"),
        pytest.param(ROUND, TimestampStyle.LEGACY, "2022-02-03 06:08:56.000000", id="six digits always"),
        pytest.param(None, TimestampStyle.LEGACY, "9999-01-01 00:00:00.000000", id="legacy, not yet"),
        pytest.param(MOMENT, TimestampStyle.RFC3339, "2022-02-03T06:08:56.672025Z", id="RFC 3339"),
        pytest.param(None, TimestampStyle.RFC3339, None, id="RFC 3339, not yet"),
    ],
)
def test_writing(moment: datetime | None, style: TimestampStyle, text: str | None) -> None:
    assert format_time(moment, style) == text


@pytest.mark.parametrize(
    "text", ["2022-02-03 06:08:56.672025", "2022-02-03T06:08:56.672025Z", "2022-02-03T06:08:56.672025"]
)
def test_reading(text: str) -> None:
    assert parse_time(text) == MOMENT


@pytest.mark.parametrize("text", ["", "now", "2022-02-03", "2022-13-03 06:08:56.672025", "1e9"])
def test_what_is_not_a_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidTimestamp):
        parse_time(text)
