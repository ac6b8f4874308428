from tests.export.samples import LATER

from nephoscope.export.format import Report, formats


def test_the_formats_that_were_promised_are_there():
    assert set(formats()) == {"csv", "html", "jsonl", "ocsf", "pdf", "sarif"}
    assert all(found.__doc__ for found in formats().values())


def test_a_report_knows_how_many_findings_it_holds():
    assert Report(LATER, counts={"severity": {"high": 2, "low": 3}, "status": {"open": 5}}).total == 5
    assert Report(LATER).total == 0
