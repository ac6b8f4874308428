from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.model.response import Approval, Run, RunStatus, Step, Target
from nephoscope.store.feed import changes_after
from nephoscope.store.runs import (
    LEASE,
    Superseded,
    acted_on_by,
    add_action,
    add_run,
    came_later,
    claim_run,
    count_actions,
    count_runs,
    get_run,
    keep_run,
    list_runs,
    release_run,
    renew,
    run_history,
)

RUN = Run(
    "r1", "quarantine", {"account": "1"}, "text", (Step("a", "act", {"x": [1]}),), requested_by="ann", finding="f"
)
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_a_run_is_kept_once_and_read_back_as_it_was(ledger):
    with ledger.write() as connection:
        assert add_run(connection, RUN, NOW)
        assert not add_run(connection, replace(RUN, playbook="other"), NOW)
        kept = get_run(connection, "r1")
        assert kept == replace(RUN, made_at=NOW, changed_at=NOW)
        assert get_run(connection, "r2") is None
        assert [run.id for run in list_runs(connection, finding="f", status=["planned"], account="1")] == ["r1"]
        assert list_runs(connection, playbook="other") == []
        assert count_runs(connection) == {"planned": 1}


def test_who_read_an_older_edition_cannot_overwrite_a_newer_one(ledger):
    with ledger.write() as connection:
        add_run(connection, RUN)
        first = get_run(connection, "r1")
        second = keep_run(connection, replace(first, status=RunStatus.RUNNING), step="a", phase="pending", by="x")
        with pytest.raises(Superseded):
            keep_run(connection, replace(first, status=RunStatus.DECLINED))
        assert get_run(connection, "r1").status is RunStatus.RUNNING
        assert [(each.revision, each.status, each.step) for each in run_history(connection, "r1")] == [
            (1, "planned", ""),
            (2, "running", "a"),
        ]
        assert [(each.key, each.body["status"]) for each in changes_after(connection, 0, ["run"])] == [
            ("r1", "planned"),
            ("r1", "running"),
        ]
        assert second.revision == 2


def test_one_process_drives_a_run_until_its_lease_ends_or_it_is_dead(ledger):
    with ledger.write() as connection:
        add_run(connection, RUN)
        assert claim_run(connection, "one").id == "r1"
        assert claim_run(connection, "two") is None
        assert claim_run(connection, "two", lambda lease: lease != "one").id == "r1"
        with pytest.raises(Superseded):
            renew(connection, "r1", "one")
        with pytest.raises(Superseded):
            keep_run(connection, get_run(connection, "r1"), lease="one")
        renew(connection, "r1", "two")
        assert claim_run(connection, "three", at=datetime.now(UTC) + LEASE * 2).id == "r1"
        release_run(connection, "r1", "two")
        assert claim_run(connection, "four") is None
        release_run(connection, "r1", "three")
        assert claim_run(connection, "four").id == "r1"


def test_runs_are_taken_when_their_time_comes_and_not_before(ledger):
    with ledger.write() as connection:
        add_run(connection, replace(RUN, status=RunStatus.WAITING, approval=Approval("x", NOW)), NOW)
        add_run(connection, replace(RUN, id="r2", status=RunStatus.DONE, revert_at=NOW + timedelta(hours=1)), NOW)
        add_run(connection, replace(RUN, id="r3", status=RunStatus.DONE), NOW)
        assert claim_run(connection, "a", at=NOW - timedelta(seconds=1)) is None
        assert claim_run(connection, "a", at=NOW).id == "r1"
        assert claim_run(connection, "b", at=NOW) is None
        assert claim_run(connection, "b", at=NOW + timedelta(hours=2)).id in ("r1", "r2")


def test_actions_are_counted_once_a_step_and_tell_who_is_at_a_target(ledger):
    target = Target("1", "r", "T", "i-1")
    with ledger.write() as connection:
        add_run(connection, replace(RUN, status=RunStatus.RUNNING))
        add_action(connection, "r1", "a", "act", target)
        add_action(connection, "r1", "a", "act", target)
        hour_ago = datetime.now(UTC) - timedelta(hours=1)
        assert count_actions(connection, "1", hour_ago) == 1
        assert count_actions(connection, "1", hour_ago, but="r1") == 0
        assert acted_on_by(connection, target, "r2") == "r1"
        assert acted_on_by(connection, target, "r1") == ""
        keep_run(connection, replace(get_run(connection, "r1"), status=RunStatus.DONE))
        assert acted_on_by(connection, target, "r2") == ""


@pytest.mark.parametrize(
    ("theirs", "status", "came"),
    [
        ("act", RunStatus.RUNNING, True),
        ("another", RunStatus.RUNNING, True),
        ("another", RunStatus.REVERTING, True),
        ("act", RunStatus.DONE, True),
        ("act", RunStatus.FAILED, True),
        ("another", RunStatus.DONE, False),
        ("act", RunStatus.REVERTED, False),
    ],
)
def test_who_came_to_a_target_later_is_known_and_lets_whoever_was_there_first_wait(ledger, theirs, status, came):
    target = Target("1", "r", "T", "i-1")
    with ledger.write() as connection:
        add_run(connection, replace(RUN, status=RunStatus.DONE))
        add_action(connection, "r1", "a", "act", target)
        add_run(connection, replace(RUN, id="r2", status=status))
        add_action(connection, "r2", "a", theirs, target)
        assert came_later(connection, target, "r1", "a") == ("r2" if came else "")
        assert came_later(connection, target, "r2", "a") == ""
        assert came_later(connection, replace(target, id="i-2"), "r1", "a") == ""
        keep_run(connection, replace(get_run(connection, "r1"), status=RunStatus.REVERTING))
        assert acted_on_by(connection, target, "r2") == "", "who is there already goes on"
