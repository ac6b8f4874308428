import pytest
from tests.export.samples import LATER

from nephoscope.export.format import Report, formats, without_formula


def test_the_formats_that_were_promised_are_there():
    assert set(formats()) == {"csv", "html", "jsonl", "ocsf", "pdf", "sarif"}
    assert all(found.__doc__ for found in formats().values())


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠x"]
)
def test_what_a_spreadsheet_would_take_for_a_formula_begins_with_an_apostrophe(text):
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1+1", "arn:aws:iam::1:user/a"])
def test_other_texts_stay_as_they_are(text):
    assert without_formula(text) == text


def test_a_report_knows_how_many_findings_it_holds():
    assert Report(LATER, counts={"severity": {"high": 2, "low": 3}, "status": {"open": 5}}).total == 5
    assert Report(LATER).total == 0
