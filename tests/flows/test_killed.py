"""The promise that a kill at any moment loses nothing and doubles nothing; `bench/kills.py` keeps it 200 times."""

import pytest
from bench.kills import trial

KILLS = 20
NOTHING = {"unfinished": 0, "revisions_wrong": 0, "changes_lost": 0, "counts_wrong": 0, "states_wrong": 0}


@pytest.mark.slow
def test_the_arrows_killed_twenty_times_keep_every_event_finding_and_revision_exactly_once(tmp_path):
    counted = trial(tmp_path / "stores", KILLS, seed=20261121, within_s=400)

    assert counted["kills"] == KILLS
    assert counted["events_due"] > 100
    assert counted["events_kept"] == counted["events_once"] == counted["events_due"]
    assert counted["revisions_kept"] > 20
    assert {name: counted[name] for name in NOTHING} == NOTHING
