"""What changes sets schedules off: once, about what changed, and not about what happened before."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.store.samples import detection

from nephoscope.model.item import Item
from nephoscope.model.schedule import RunStatus
from nephoscope.pipeline.schedule_changes import ScheduleChanges
from nephoscope.pipeline.schedules import Schedules
from nephoscope.store.feed import tell
from nephoscope.store.findings import upsert_findings
from nephoscope.store.gaps import list_gaps
from nephoscope.store.items import Revision, digest_of, insert_revisions
from nephoscope.store.schedule_jobs import list_jobs
from nephoscope.store.schedules import add_schedule, list_runs

NOW = datetime.now(UTC)
FRESH = """\
name: fresh
kind: instances
on: {topic: item, when: change == 'created'}
exclude: [{tags: {scan: never}}]
"""
ON_FINDING = "name: suspected\nkind: instances\non: {topic: finding, when: severity == 'high'}\n"
ON_GAP = "name: blind\nkind: instances\non: {topic: coverage, when: \"area == 'source'\"}\n"


@pytest.fixture
def schedules(stores):
    """What sees to schedules, over three instances of which one is never to be looked at."""
    items = [
        Item("AWS::EC2::Instance", f"i-{n}", "1", "r", {"n": n}, tags={"scan": "never"} if n else {}) for n in (0, 1)
    ]
    insert_revisions(stores.lake, [Revision(each, digest_of(each), NOW) for each in items], "a")
    return Schedules(stores, ("instances",))


def keep(schedules, *texts):
    with schedules.stores.ledger.write() as connection:
        for text in texts:
            add_schedule(connection, text.split("\n")[0].removeprefix("name: "), text, "ann", NOW)
    return ScheduleChanges(schedules)


def created(stores, *ids, type="AWS::EC2::Instance", change="created"):
    bodies = [{"account": "1", "region": "r", "type": type, "id": id_, "change": change} for id_ in ids]
    with stores.ledger.write() as connection:
        tell(connection, "item", [(body["id"], body) for body in bodies])


def runs(schedules, name="fresh"):
    with schedules.stores.ledger.read() as connection:
        return list_runs(connection, name)


def targets(schedules, run):
    with schedules.stores.ledger.read() as connection:
        return [each.target.id for each in list_jobs(connection, run.id)]


def test_what_changed_is_looked_at_if_the_schedule_is_about_it(schedules):
    changes = keep(schedules, FRESH)
    created(schedules.stores, "i-0", "i-1")
    created(schedules.stores, "bucket", type="AWS::S3::Bucket")
    created(schedules.stores, "i-0", change="changed")

    assert changes.round()
    schedules.round()
    [run] = runs(schedules)
    assert run.cause.startswith("change ")
    assert targets(schedules, run) == ["i-0"]
    while changes.round():
        pass
    assert len(runs(schedules)) == 1


def test_what_happened_before_and_what_is_of_no_concern_sets_nothing_off(schedules):
    created(schedules.stores, "i-0")
    changes = keep(schedules, FRESH)
    created(schedules.stores, "logs", type="AWS::S3::Bucket")
    while changes.round():
        pass

    assert runs(schedules) == []


def test_two_processes_set_it_off_once(schedules):
    one = keep(schedules, FRESH)
    two = ScheduleChanges(Schedules(schedules.stores, ("instances",)))
    created(schedules.stores, "i-0")
    while one.round() or two.round():
        pass

    assert len(runs(schedules)) == 1


def test_a_target_that_waits_already_is_not_planned_twice(schedules):
    changes = keep(schedules, FRESH)
    for _ in range(3):
        created(schedules.stores, "i-0")
        while changes.round():
            pass
        schedules.round()

    assert sum(len(targets(schedules, run)) for run in runs(schedules)) == 1
    assert [each.status for each in runs(schedules)].count(RunStatus.RUNNING) == 1


def test_a_finding_has_its_resource_looked_at_and_a_gap_everything(schedules):
    changes = keep(schedules, ON_FINDING, ON_GAP)
    found = detection()
    about = replace(found.resource, type="AWS::EC2::Instance", id="i-1", account="1", region="r")
    with schedules.stores.ledger.write() as connection:
        upsert_findings(connection, [replace(found, resource=about)])
        body = {"area": "source", "subject": "trail", "state": "open"}
        tell(connection, "coverage", [("k", body)])
    while changes.round():
        pass
    schedules.round()

    assert [targets(schedules, run) for run in runs(schedules, "suspected")] == [["i-1"]]
    assert [sorted(targets(schedules, run)) for run in runs(schedules, "blind")] == [["i-0", "i-1"]]


def test_a_condition_that_cannot_be_said_is_told_until_it_can(schedules):
    changes = keep(schedules, FRESH.replace("change == 'created'", "configuration.size > 3"))
    created(schedules.stores, "i-0")
    changes.round()
    with schedules.stores.ledger.read() as connection:
        [gap] = [each.gap for each in list_gaps(connection, area="schedule")]

    assert gap.subject == "fresh: on"
    assert "cannot be evaluated" in gap.cause
    assert runs(schedules) == []
