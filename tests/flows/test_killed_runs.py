"""The promise that no playbook is left half-done by a kill; `bench/responses.py` keeps it 500 times."""

import pytest
from bench.responses import trial

KILLS = 30


@pytest.mark.slow
def test_playbooks_killed_thirty_times_end_every_quarantine_whole_or_not_at_all(tmp_path):
    counted = trial(tmp_path / "runs", KILLS, seed=20261127, within_s=400)

    assert counted["kills"] == KILLS
    assert counted["in_the_middle"] > KILLS / 3
    assert counted["moved"] > KILLS / 3
    assert counted["runs"] >= 4
    assert (counted["lost"], counted["half_done"], counted["failed"], counted["evidence_broken"]) == (0, 0, 0, 0)
