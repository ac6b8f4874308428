from datetime import UTC, datetime

import pytest

from nephoscope.export.csv_lines import csv_cell, csv_line


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        ("=1+1", "'=1+1"),
        (["a", 1], "a 1"),
        (datetime(2026, 5, 1, tzinfo=UTC), "2026-05-01T00:00:00+00:00"),
        ("a\0b", "ab"),
        (0, "0"),
    ],
)
def test_a_cell_is_text_that_no_spreadsheet_runs(value, said):
    assert csv_cell(value) == said


def test_a_line_quotes_every_cell_and_mends_what_is_no_text():
    assert csv_line(['a"b', "c\r\nd", "\ud800"]) == b'"a""b","c\r\nd","?"\r\n'
