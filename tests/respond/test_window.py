from datetime import UTC, datetime

import pytest

from nephoscope.model.errors import ContentError
from nephoscope.respond.window import window


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-07-01T06:00", "2026-07-01T16:00"),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-01-07T07:00", "2026-01-07T06:59"),
        ("Fri 22:00-06:00 UTC", "2026-05-02T05:59", "2026-05-03T05:59"),
        ("22:00-06:00", "2026-05-02T23:00", "2026-05-02T12:00"),
        ("Sat-Mon 00:00-00:00", "2026-05-04T12:00", "2026-05-06T12:00"),
    ],
)
def test_a_window_holds_on_its_zones_clocks_and_past_midnight(text, inside, outside):
    found = window(text, "here")
    assert found.holds(at(inside))
    assert not found.holds(at(outside))


@pytest.mark.parametrize("text", ["", "08:00", "Xyz 08:00-09:00", "25:00-26:00", "08:00-09:00 Mars/Base", "0" * 9_999])
def test_what_is_no_window_is_told_with_place_and_form(text):
    with pytest.raises(ContentError, match=r"file:3: .* is no window: write"):
        window(text, "file:3")
