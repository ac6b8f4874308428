from datetime import UTC, datetime, timedelta

import yaml
from tests.pipeline.test_responses import TRIGGER, about
from tests.respond.fakes import CATALOGUE, playbook

from nephoscope.documents import parse_documents
from nephoscope.model.coverage import Gap
from nephoscope.model.item import Item
from nephoscope.pipeline.rehearsal import rehearsed
from nephoscope.respond.playbook import parse_playbook
from nephoscope.respond.trigger import parse_trigger
from nephoscope.store.findings import resolve_findings, upsert_findings
from nephoscope.store.gaps import close_gaps, record_gaps
from nephoscope.store.items import Revision, digest_of, insert_revisions

BOOKS = {"play": parse_playbook(playbook(("set_value", "a", "x")), "play.yaml", CATALOGUE)}
START = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def trigger(**changes):
    text = yaml.safe_dump(TRIGGER | changes)
    [document] = parse_documents(text.encode(), "t.yaml")
    return parse_trigger(document, BOOKS, text)


def played(stores, one, since=START):
    with stores.ledger.read() as connection:
        return rehearsed(one, connection, stores.lake, since)


def test_history_says_when_a_trigger_would_have_fired_and_what_would_have_held_it_back(stores):
    with stores.ledger.write() as connection:
        for number, name in enumerate(("a", "b", "c", "d")):
            upsert_findings(connection, [about(name)], START + number * timedelta(minutes=1))
        resolve_findings(connection, [about("a").uid], "gone", START + 2 * HOUR)
    found = played(stores, trigger())
    assert (found.looked_at, found.times, found.quiet) == (5, 2, 0)
    assert found.over_limit_at == START + timedelta(minutes=2)
    assert found.fired[0]["inputs"]["to"] == "a"
    said = found.said(30)
    assert (
        "would have fired 2 times in 30 days; it would have stood still from 2026-05-01 00:02 UTC, when 2 more" in said
    )


def test_a_trigger_that_would_stand_still_fires_no_more_in_a_rehearsal_either(stores):
    with stores.ledger.write() as connection:
        for number in range(6):
            upsert_findings(connection, [about(f"r{number}")], START + number * timedelta(minutes=50))
    found = played(stores, trigger(limit={"runs": 1, "per_s": 3600}))
    assert (found.times, found.held) == (1, 5)
    assert "would have fired 1 time in 1 day;" in found.said(1)


def test_quiet_periods_and_duty_are_rehearsed_too(stores):
    with stores.ledger.write() as connection:
        for number in range(3):
            upsert_findings(connection, [about("a", f"e{number}")], START + number * timedelta(minutes=1))
    assert played(stores, trigger()).quiet == 2
    assert played(stores, trigger(only_in=["12:00-13:00"])).off_duty == 3
    assert played(stores, trigger(), START + HOUR).looked_at == 0


def test_errors_are_told_and_the_rest_goes_on(stores):
    deep = {"detail": {"x": {"y": "1"}}}
    broken = trigger(when="detail.x.y == '1'", examples={"match": [deep], "no_match": [{"detail": {"x": {"y": "2"}}}]})
    with stores.ledger.write() as connection:
        upsert_findings(connection, [about("a")], START)
    found = played(stores, broken)
    assert (found.times, len(found.errors)) == (0, 1)


def test_coverage_and_items_are_history_as_well(stores):
    lost = {"match": [{"state": "open"}], "no_match": [{"state": "closed"}]}
    blind = trigger(
        on="coverage", when="state == 'open'", dedup=["subject"], examples=lost, **{"with": {"to": "x", "region": "r"}}
    )
    with stores.ledger.write() as connection:
        record_gaps(connection, [Gap("source", "trail", "denied", "1")], START)
        close_gaps(connection, [Gap("source", "trail", "", "1").key], START + HOUR)
    found = played(stores, blind)
    assert (found.looked_at, found.times) == (2, 1)

    item = Item("AWS::S3::Bucket", "logs", "1", "r", {"Open": True})
    insert_revisions(stores.lake, [Revision(item, digest_of(item), START + HOUR)], "a")
    opened = {"match": [{"configuration": {"Open": True}}], "no_match": [{"configuration": {"Open": False}}]}
    changed = trigger(on="item", when="configuration.Open == true", examples=opened)
    assert played(stores, changed).fired[0]["inputs"]["to"] == "logs"
