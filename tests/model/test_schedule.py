"""What a run or job may be."""

from nephoscope.model.schedule import RunStatus


def test_only_a_run_that_goes_on_or_rests_is_not_ended():
    assert {each for each in RunStatus if not each.is_ended} == {RunStatus.RUNNING, RunStatus.PAUSED}
