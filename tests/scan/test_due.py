from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.scan.due import due
from nephoscope.scan.exploitation import Kev
from nephoscope.scan.priority import DUE_DAYS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_date_of_the_catalogue_holds_as_it_is():
    found = due("low", Kev("2025-01-01", "2025-01-22", ransomware=False), "internal", NOON, DUE_DAYS)
    assert found
    assert (found.at, found.why) == (datetime(2025, 1, 22, 23, 59, 59, tzinfo=UTC), "CISA's catalogue")


@pytest.mark.parametrize("text", ["", "soon", "2025-99-99"])
def test_a_catalogue_without_a_date_gives_days(text):
    found = due("low", Kev("2025-01-01", text, ransomware=False), "internal", NOON, DUE_DAYS)
    assert found
    assert (found.at - NOON, found.why) == (timedelta(days=14), "kev: 14 days")


@pytest.mark.parametrize(
    ("severity", "exposure", "days"),
    [("critical", "internet", 7), ("critical", "", 15), ("high", "internet", 30), ("medium", "", 90), ("low", "", 180)],
)
def test_days_go_by_class_and_a_critical_one_in_reach_is_urgent(severity, exposure, days):
    found = due(severity, None, exposure, NOON, DUE_DAYS)
    assert found
    assert found.at == NOON + timedelta(days=days)


def test_a_class_without_days_has_no_date():
    assert due("informational", None, "", NOON, DUE_DAYS) is None
    assert due("low", None, "", NOON, {"low": 0}) is None
