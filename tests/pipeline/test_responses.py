import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
import yaml
from tests.respond.fakes import CATALOGUE, Box, Outside, playbook
from tests.store.samples import detection, event_rows

from nephoscope.assess.assessor import Assessor
from nephoscope.documents import parse_documents
from nephoscope.inventory.revise import revised
from nephoscope.keep import Looked, keep_gaps, keep_items
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import ContentError
from nephoscope.model.finding import Finding, Kind, ResourceRef, Severity
from nephoscope.model.item import Item
from nephoscope.model.response import RunStatus
from nephoscope.pipeline.rehearsal import rehearsed
from nephoscope.pipeline.responses import Responses
from nephoscope.respond.consent import reverted
from nephoscope.respond.guard import guard
from nephoscope.respond.playbook import Playbooks, parse_playbook
from nephoscope.respond.runner import Hands
from nephoscope.respond.trigger import Triggers, parse_trigger
from nephoscope.store.events import insert_events, span_of
from nephoscope.store.feed import tell
from nephoscope.store.findings import resolve_findings, upsert_findings
from nephoscope.store.firings import last_firing, reset_trigger
from nephoscope.store.gaps import list_gaps
from nephoscope.store.items import digest_of, latest_revisions
from nephoscope.store.known import Known
from nephoscope.store.run_tables import RUNS
from nephoscope.store.runs import add_run, claim_run, get_run, keep_run, list_runs, run_history
from nephoscope.store.watched import begin_watching, watch_from

TRIGGER = {
    "name": "stop_it",
    "title": "T",
    "description": "D.",
    "on": "finding",
    "mode": "run",
    "when": "rule == 'cloudtrail_logging_stopped' && status == 'open'",
    "do": {"run": "play"},
    "with": {"to": "${resource_id}"},
    "limit": {"runs": 2, "per_s": 3600},
    "dedup": ["resource_id"],
    "examples": {"match": [{"rule": "cloudtrail_logging_stopped", "status": "open"}], "no_match": [{}]},
}

ON_STOP = TRIGGER | {
    "name": "on_stop",
    "on": "event",
    "operations": ["StopLogging"],
    "when": "operation == 'StopLogging' && error == ''",
    "with": {"to": "${operation}", "region": "r"},
    "dedup": ["uid"],
    "examples": {"match": [{"operation": "StopLogging"}], "no_match": [{"operation": "StopLogging", "error": "x"}]},
}


def responses(stores, outside, *triggers, limit=60, protected=(), **others):
    book = parse_playbook(playbook(("set_value", "a", "x"), **others), "play.yaml", CATALOGUE)
    books = Playbooks({"play": book})
    found = Triggers()
    for each in triggers or (TRIGGER,):
        text = yaml.safe_dump(each)
        [document] = parse_documents(text.encode(), "t.yaml")
        found.by_name[each["name"]] = parse_trigger(document, books.by_name, text)
    box = Box()
    hands = Hands(lambda *_: outside, lambda _: box, Known(stores.lake), CATALOGUE)
    return Responses(stores, books, found, hands, guard(protected, "here"), limit)


def happen(stores, *findings):
    with stores.ledger.write() as connection:
        upsert_findings(connection, findings)


def about(resource, event="e1"):
    found = detection(event, subject=(resource,))
    return replace(found, resource=replace(found.resource, id=resource))


def runs(stores):
    with stores.ledger.read() as connection:
        return list_runs(connection)


def test_a_finding_sets_off_a_trigger_and_its_run_is_driven_to_the_end(stores):
    outside = Outside({"a": "1"})
    one = responses(stores, outside)
    happen(stores, about("trail"))
    assert one.watch()
    [run] = runs(stores)
    assert (run.status, run.inputs["to"], run.requested_by) == (RunStatus.PLANNED, "trail", "trigger stop_it")
    assert run.finding == about("trail").uid
    assert one.drive()
    assert not one.drive()
    assert runs(stores)[0].status is RunStatus.DONE
    assert outside.values == {"a": "x"}
    with stores.ledger.read() as connection:
        assert [each.phase for each in run_history(connection, run.id)] == [
            "",
            "",
            "recorded",
            "applied",
            "verified",
            "",
        ]


TOGETHER = TRIGGER | {
    "name": "together",
    "when": "status == 'open' && around.exists(each, each.kind == 'vulnerability' && each.detail.kev) && "
    "around.exists(each, each.kind == 'integrity' && each.detail.path.startsWith('/usr/bin/') && "
    "at - each.time < duration('1h'))",
    "dedup": ["account", "resource_id"],
    "examples": {
        "match": [
            {
                "status": "open",
                "at": "2026-05-02T12:00:00Z",
                "around": [
                    {"kind": "integrity", "time": "2026-05-02T11:30:00Z", "detail": {"path": "/usr/bin/ssh"}},
                    {"kind": "vulnerability", "detail": {"kev": True}},
                ],
            }
        ],
        "no_match": [{"status": "open", "around": [{"kind": "vulnerability", "detail": {"kev": True}}]}],
    },
}


def of_instance(kind, detail, at, resource="i-1", account="1"):
    place = ResourceRef("AWS::EC2::Instance", resource, account, "eu-west-1")
    return Finding(kind, f"a_{kind}", "T", Severity.HIGH, (account, resource), at, resource=place, detail=detail)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["changed first", "vulnerable first"])
def test_findings_of_one_resource_set_off_a_trigger_together_in_any_order(stores, order):
    now = datetime.now(UTC)
    both = (
        of_instance(Kind.INTEGRITY, {"path": "/usr/bin/ssh"}, now),
        of_instance(Kind.VULNERABILITY, {"kev": True}, now),
    )
    one = responses(stores, Outside({"a": "1"}), TOGETHER)
    happen(stores, of_instance(Kind.VULNERABILITY, {"kev": True}, now, "i-2"))
    happen(stores, of_instance(Kind.INTEGRITY, {"path": "/usr/bin/ssh"}, now, "i-1", account="2"))
    happen(stores, both[order[0]])
    one.watch()
    assert runs(stores) == []
    happen(stores, both[order[1]])
    one.watch()
    with stores.ledger.read() as connection:
        assert list_gaps(connection) == []
    assert [run.inputs["to"] for run in runs(stores)] == ["i-1"]
    [trigger] = one.triggers.of("finding")
    with stores.ledger.read() as connection:
        found = rehearsed(trigger, connection, None, now - timedelta(days=1))
    assert found.times == 1


def test_an_old_change_sets_nothing_off_together(stores):
    now = datetime.now(UTC)
    one = responses(stores, Outside({"a": "1"}), TOGETHER)
    happen(stores, of_instance(Kind.INTEGRITY, {"path": "/usr/bin/ssh"}, now - timedelta(hours=2)))
    happen(stores, of_instance(Kind.VULNERABILITY, {"kev": True}, now))
    one.watch()
    assert runs(stores) == []


def test_what_happened_before_there_were_triggers_sets_none_off(stores):
    happen(stores, about("trail"))
    one = responses(stores, Outside({}))
    assert not one.watch()
    assert runs(stores) == []


def flaw():
    where = ResourceRef("AWS::S3::Bucket", "exports", "1", "r")
    return Finding(
        Kind.COMPLIANCE, "bucket_is_closed", "T", Severity.HIGH, ("1", "r", "AWS::S3::Bucket", "exports"),
        datetime.now(UTC), resource=where,
    )  # fmt: skip


@pytest.mark.parametrize(("from_start", "is_watched", "count"), [(False, False, 0), (True, False, 1), (False, True, 1)])
def test_a_flaw_that_was_there_when_watching_began_sets_off_none_but_who_asks_for_it(
    stores, from_start, is_watched, count
):
    on_flaw = TRIGGER | {
        "when": "rule == 'bucket_is_closed' && status == 'open'",
        "from_start": from_start,
        "examples": {"match": [{"rule": "bucket_is_closed", "status": "open"}], "no_match": [{}]},
    }
    one = responses(stores, Outside({"a": "1"}), on_flaw)
    start = datetime.now(UTC)
    with stores.ledger.write() as connection:
        begin_watching(connection, "1", ["AWS::S3::Bucket"], [])
        if is_watched:
            watch_from(connection, "1", ["AWS::S3::Bucket"], start - timedelta(seconds=1))
    happen(stores, flaw())
    if not is_watched:
        with stores.ledger.write() as connection:
            watch_from(connection, "1", ["AWS::S3::Bucket"], datetime.now(UTC) + timedelta(seconds=1))
    one.watch()
    assert len(runs(stores)) == count
    with stores.ledger.read() as connection:
        found = rehearsed(one.triggers.by_name["stop_it"], connection, None, start - timedelta(days=1))
    assert (found.times, found.there) == (count, 1 - count)
    assert ("1 were there when watching began" in found.said(1)) is not bool(count)


def test_the_same_occasion_again_does_nothing_and_another_process_repeats_nothing(stores):
    one = responses(stores, Outside({"a": "1"}))
    two = responses(stores, Outside({"a": "1"}))
    happen(stores, about("trail"))
    one.watch()
    two.watch()
    happen(stores, about("trail", "e2"))
    one.watch()
    assert len(runs(stores)) == 1


def test_a_trigger_that_would_act_on_everything_stands_still_until_reset(stores):
    one = responses(stores, Outside({"a": "1"}))
    happen(stores, *(about(f"trail{number}") for number in range(9)))
    one.watch()
    assert len(runs(stores)) == 2
    [gap] = [each.gap for each in _gaps(stores) if each.gap.area == "trigger"]
    assert "stands still" in gap.cause
    happen(stores, about("while it stands still"))
    one.watch()
    assert [each.gap.area for each in _gaps(stores)] == ["trigger"]
    with stores.ledger.write() as connection:
        reset_trigger(connection, "stop_it")
    happen(stores, about("another"))
    one.watch()
    assert len(runs(stores)) == 2  # still over its limit


def _gaps(stores):
    with stores.ledger.read() as connection:
        return list_gaps(connection)


def bring(stores, batch, rows):
    """A batch of events, as collecting keeps it and tells of it."""
    rows = rows.append_column("origin.batch", pa.array([batch] * rows.num_rows))
    insert_events(stores.lake, rows, batch)
    first, last = span_of(rows)
    body = {"source": "trail", "account": "111111111111", "events": rows.num_rows, "first_at": first, "last_at": last}
    with stores.ledger.write() as connection:
        tell(connection, "event", [(batch, body)])


def test_a_trigger_whose_own_actions_set_it_off_stands_still_at_its_limit(stores):
    loops = ON_STOP | {"name": "loops", "dedup": ["uid"], "limit": {"runs": 3, "per_s": 3600}}
    one = responses(stores, Outside({"a": "1"}), loops)
    bring(stores, "b0", event_rows(1))
    for number in range(1, 9):
        one.watch()
        one.drive()
        bring(stores, f"b{number}", event_rows(1, first=number))  # what the action did is logged, and read
    assert len(runs(stores)) == 3
    [gap] = [each.gap for each in _gaps(stores)]
    assert (gap.area, gap.subject) == ("trigger", "loops")
    assert "stands still" in gap.cause


def test_an_error_in_a_trigger_is_a_coverage_entry_and_stops_no_other(stores):
    broken = TRIGGER | {"name": "broken", "when": "detail.nothing.deeper == 'x'", "dedup": ["rule"]}
    wrong, right = {"detail": {"nothing": {"deeper": "y"}}}, {"detail": {"nothing": {"deeper": "x"}}}
    broken["examples"] = {"match": [right], "no_match": [wrong]}
    one = responses(stores, Outside({"a": "1"}), broken, TRIGGER)
    happen(stores, about("trail"))
    one.watch()
    assert [(each.gap.area, each.gap.subject) for each in _gaps(stores)] == [("trigger", "broken")]
    assert [run.cause["trigger"] for run in runs(stores)] == ["stop_it"]


def test_a_trigger_may_take_runs_back(stores):
    outside = Outside({"a": "1"})
    back = TRIGGER | {
        "name": "take_back",
        "when": "status == 'resolved'",
        "do": {"revert": "play"},
        "examples": {"match": [{"status": "resolved"}], "no_match": [{"status": "open"}]},
    }
    one = responses(stores, outside, TRIGGER, back)
    happen(stores, about("trail"))
    one.watch()
    one.drive()
    with stores.ledger.write() as connection:
        resolve_findings(connection, [about("trail").uid], "it logs again")
    one.watch()
    one.drive()
    assert runs(stores)[0].status is RunStatus.REVERTED
    assert outside.values == {"a": "1"}


BACK = TRIGGER | {
    "name": "take_back",
    "when": "status == 'resolved'",
    "do": {"revert": "play"},
    "with": {"to": "${resource_id}", "account": "1", "region": "r"},
    "limit": {"runs": 1, "per_s": 3600},
    "examples": {"match": [{"status": "resolved"}], "no_match": [{"status": "open"}]},
}


def resolve(stores, *names):
    with stores.ledger.write() as connection:
        resolve_findings(connection, [about(name).uid for name in names], "gone")


def test_a_run_that_changed_nothing_keeps_no_other_from_being_taken_back(stores):
    outside = Outside({"a": "1"})
    one = responses(stores, outside, BACK)
    ask(stores, one, "trail")
    one.drive()
    idle = ask(stores, one, "trail")
    with stores.ledger.write() as connection:
        keep_run(connection, replace(get_run(connection, idle.id), status=RunStatus.RUNNING))
    happen(stores, about("trail"))
    resolve(stores, "trail")
    one.watch()
    one.drive()
    assert outside.values == {"a": "1"}


def test_a_trigger_that_found_nothing_to_take_back_has_not_acted(stores):
    one = responses(stores, Outside({"a": "1"}), BACK)
    names = ("t1", "t2", "t3")
    happen(stores, *map(about, names))
    resolve(stores, *names)
    one.watch()
    assert _gaps(stores) == []
    with stores.ledger.read() as connection:
        assert last_firing(connection, "take_back") is None


def ask(stores, one, to="x"):
    run = one.planned("play", {"account": "1", "region": "r", "to": to}, "ann", {})
    with stores.ledger.write() as connection:
        add_run(connection, run)
    return run


def take_back(stores, run):
    with stores.ledger.write() as connection:
        keep_run(connection, reverted(get_run(connection, run.id), "ann"), by="ann")


def test_runs_on_one_resource_are_taken_back_the_last_one_first(stores):
    outside = Outside({"a": "1"})
    one = responses(stores, outside)
    first = ask(stores, one)
    one.drive()
    second = ask(stores, one)
    one.drive()
    take_back(stores, first)
    one.drive()
    with stores.ledger.read() as connection:
        found = get_run(connection, first.id)
    assert found.status is RunStatus.FAILED
    assert f"the run {second.id} has come to a since" in found.steps[0].note
    assert outside.values == {"a": "x"}
    for run in (second, first):
        take_back(stores, run)
        one.drive()
    assert {run.status for run in runs(stores)} == {RunStatus.REVERTED}
    assert outside.values == {"a": "1"}


@pytest.mark.parametrize(
    ("others", "why"),
    [({"limit": 0}, "are the limit"), ({"protected": ["id == 'a'"]}, "a is protected: id == 'a'")],
)
def test_what_is_protected_or_over_the_limit_is_refused(stores, others, why):
    outside = Outside({"a": "1"})
    one = responses(stores, outside, **others)
    happen(stores, about("trail"))
    one.watch()
    one.drive()
    [run] = runs(stores)
    assert run.status is RunStatus.REFUSED
    assert why in run.note
    assert outside.values == {"a": "1"}


def test_what_could_not_be_put_back_is_a_coverage_entry_that_closes_when_it_is(stores):
    outside = Outside({"a": "1"}, {"check": 10**6, "revert": 10**6})
    one = responses(stores, outside)
    happen(stores, about("trail"))
    one.watch()
    one.drive()
    [run] = runs(stores)
    assert run.status is RunStatus.FAILED
    assert [each.gap.area for each in _gaps(stores)] == ["run"]
    assert stores.listener.gaps
    outside.failing.clear()
    with stores.ledger.write() as connection:
        keep_run(connection, reverted(get_run(connection, run.id), "ann"), by="ann")
    one.drive()
    assert runs(stores)[0].status is RunStatus.REVERTED
    assert _gaps(stores) == []


def test_many_drivers_take_each_run_once(stores):
    outside = Outside({"a": "1"})
    one = responses(stores, outside)
    with stores.ledger.write() as connection:
        for _ in range(8):
            run = one.planned("play", {"account": "1", "region": "r"}, "ann", {})
            add_run(connection, run)

    def drive():
        while one.drive():
            pass

    threads = [threading.Thread(target=drive) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = [run.status for run in runs(stores)]
    assert all(status in (RunStatus.DONE, RunStatus.REFUSED) for status in ended)
    assert RunStatus.DONE in ended


def test_a_run_is_asked_for_by_a_known_playbook_and_fitting_inputs(stores):
    one = responses(stores, Outside({}))
    with pytest.raises(ContentError, match="there are play"):
        one.planned("nothing", {}, "ann", {})
    with pytest.raises(ContentError, match="needs account, region"):
        one.planned("play", {}, "ann", {})


def test_an_event_that_a_trigger_waits_for_sets_it_off_and_no_other_does(stores):
    one = responses(stores, Outside({"a": "1"}), ON_STOP | {"limit": {"runs": 9, "per_s": 60}})
    bring(stores, "b1", event_rows(2))
    bring(stores, "b2", event_rows(2, first=2, operation="StartLogging"))
    one.watch()
    assert [run.inputs["to"] for run in runs(stores)] == ["StopLogging", "StopLogging"]


ON_BLIND = TRIGGER | {
    "name": "on_blind",
    "on": "coverage",
    "when": "area == 'source' && state == 'open'",
    "with": {"to": "${subject}", "account": "1", "region": "r"},
    "dedup": ["subject"],
    "examples": {"match": [{"area": "source", "state": "open"}], "no_match": [{"area": "source", "state": "closed"}]},
}
ON_ITEM = TRIGGER | {
    "name": "on_item",
    "on": "item",
    "when": "change == 'changed' && configuration.Status == 'Suspended'",
    "dedup": ["resource_id"],
    "examples": {
        "match": [{"change": "changed", "configuration": {"Status": "Suspended"}}],
        "no_match": [{"change": "created", "configuration": {"Status": "Suspended"}}],
    },
}


def test_what_can_no_longer_be_seen_sets_off_a_trigger_and_what_can_again_does_not(stores):
    one = responses(stores, Outside({"a": "1"}), ON_BLIND)
    gap = Gap("source", "trail", "denied", "111111111111")
    keep_gaps(stores, [gap])
    one.watch()
    keep_gaps(stores, [], [gap])
    one.watch()
    assert [(run.inputs["to"], run.cause["trigger"]) for run in runs(stores)] == [("trail", "on_blind")]


def test_a_changed_resource_sets_off_a_trigger_by_what_it_is_now(stores):
    one = responses(stores, Outside({"a": "1"}), ON_ITEM)
    for status in ("Enabled", "Suspended"):
        item = Item("AWS::S3::Bucket", "exports", "1", "r", {"Status": status})
        digests = {item.key: digest_of(item)}
        before = {key: history[0] for key, history in latest_revisions(stores.lake, [item.key]).items()}
        now = datetime.now(UTC)
        looked = Looked([item], revised([item], digests, [], before, now), [], [], at=now)
        keep_items(stores, Assessor([]), looked, digests)
        stores.carry()
        one.watch()
    assert [(run.inputs["to"], run.cause["trigger"]) for run in runs(stores)] == [("exports", "on_item")]


def test_a_lease_is_held_however_long_a_call_takes(stores):
    outside = Outside({"a": "1"})
    taken = []

    def slow(name):
        outside.calls += 1
        if name == "set":
            with stores.ledger.write() as connection:
                connection.execute(RUNS.update().values(lease_until=datetime.now(UTC)))
            time.sleep(0.3)
            with stores.ledger.write() as connection:
                taken.append(claim_run(connection, "another"))

    one = responses(stores, outside)
    one.renew_every_s = 0.05
    outside.call = slow
    happen(stores, about("trail"))
    one.watch()
    one.drive()
    assert taken == [None]
    assert runs(stores)[0].status is RunStatus.DONE


def test_a_run_that_has_begun_is_not_broken_off_by_its_own_steps(stores):
    outside = Outside({"a": "1", "b": "2", "c": "3"})
    one = responses(stores, outside, limit=1)
    text = playbook(("set_value", "a", "x"), ("set_value", "b", "x"), ("set_value", "c", "x"))
    one.playbooks.by_name["play"] = parse_playbook(text, "play.yaml", CATALOGUE)
    with stores.ledger.write() as connection:
        add_run(connection, one.planned("play", {"account": "1", "region": "r"}, "ann", {}))
    one.drive()
    assert runs(stores)[0].status is RunStatus.DONE
    assert outside.values == {"a": "x", "b": "x", "c": "x"}
