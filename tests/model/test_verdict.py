from nephoscope.model.verdict import Fail, NotApplicable, Pass, Unknown


def test_verdicts_read_as_they_are_written():
    assert [repr(v) for v in (Pass(), Fail("open"), NotApplicable("none"), Unknown("denied"))] == [
        *("Pass()", "Fail('open')", "NotApplicable('none')", "Unknown('denied')")
    ]


def test_verdicts_of_one_kind_and_reason_are_equal_and_others_are_not():
    assert Fail("open") == Fail("open")
    assert Fail("open") != Unknown("open")
