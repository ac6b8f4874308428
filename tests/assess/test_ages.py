import pytest

from nephoscope.assess.ages import days_since
from nephoscope.model.errors import NotCollected

ITEM = {"observed": {"JudgedAt": "2026-11-01T12:00:00+00:00"}}


@pytest.mark.parametrize(
    ("moment", "days"),
    [("2026-10-31T12:00:00Z", 1), ("2026-10-31T12:00:01+00:00", 0), ("2026-08-03T12:00:00+00:00", 90)],
)
def test_days_are_whole_days(moment, days):
    assert days_since(ITEM, moment) == days


@pytest.mark.parametrize("moment", [None, 5, "", "yesterday", "2026-10-31T12:00:00", "N/A"])
def test_what_is_no_moment_is_not_known(moment):
    with pytest.raises(NotCollected):
        days_since(ITEM, moment)
