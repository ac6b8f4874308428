import csv as reader
import io

from tests.export.samples import LATER, hostile, naughty, notice

from nephoscope.export.format import Report
from nephoscope.export.formats.csv import COLUMNS, csv

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def rows(findings):
    written = b"".join(csv(findings, Report(LATER))).decode()
    return list(reader.reader(io.StringIO(written, newline="")))


def test_a_finding_is_a_row_below_a_head():
    head, row = rows([notice().stored])

    assert tuple(head) == COLUMNS
    found = dict(zip(head, row, strict=True))
    assert (found["severity"], found["rule"]) == ("high", "cloudtrail_logging_stopped")
    assert found["first_seen_at"] == "2026-05-01T12:00:00+00:00"


def test_no_text_becomes_a_formula_or_another_cell():
    texts = naughty()
    found = rows(hostile(text).stored for text in texts)

    assert len(found) == len(texts) + 1
    assert all(len(row) == len(COLUMNS) for row in found)
    assert not [cell for row in found for cell in row if cell.lstrip(" ").startswith(FORMULA)]
    assert [row[2].removeprefix("'") for row in found[1:]] == [
        text.replace("\0", "").removeprefix("'") for text in texts
    ]
