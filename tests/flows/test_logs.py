"""LOGS ─ collect ─► events ─ detect ─► findings, from files to stores."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nephoscope.clouds import Clouds
from nephoscope.collect.collector import PART_RECORDS
from nephoscope.detect.loading import load_rules
from nephoscope.keep import Stores
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.pipeline import Logs
from nephoscope.store.events import count_events
from nephoscope.store.feed import changes_after
from nephoscope.store.findings import get_findings
from nephoscope.store.gaps import list_gaps
from nephoscope.store.ledger import open_ledger
from nephoscope.store.seen import count_seen, pending_batches
from nephoscope.store.state import put_state
from tests.flows.folder_source import FolderTrail, listener
from tests.shared_data import shared


def event(number, name="DescribeInstances", **more):
    return {
        "eventVersion": "1.09",
        "eventID": f"event-{number}",
        "eventTime": "2026-01-02T03:04:05Z",
        "eventSource": "cloudtrail.amazonaws.com" if name == "StopLogging" else "ec2.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "recipientAccountId": "111122223333",
        "readOnly": name != "StopLogging",
        "userIdentity": {
            "type": "IAMUser",
            "arn": "arn:aws:iam::111122223333:user/example",
            "accountId": "111122223333",
        },
        "requestParameters": {"name": "trail"},
        **more,
    }


def write(folder, name, *events):
    text = json.dumps({"Records": list(events)}).encode()
    (folder / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)


@pytest.fixture
def logs(tmp_path, lake):
    """The arrow from a folder of log files to fresh stores."""
    folder = tmp_path / "trail"
    folder.mkdir()
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        stores = Stores(lake, ledger, listener())
        source = FolderTrail(bucket=str(folder))
        yield Logs("trail", source, Clouds(), stores, load_rules()), folder


def findings_in(logs):
    with logs.stores.ledger.read() as connection:
        return get_findings(connection, [finding.uid for finding in logs.stores.listener.findings])


def test_the_feed_tells_how_many_events_of_which_account_a_batch_brought(logs):
    arrow, folder = logs
    write(folder, "a.json.gz", event(1), event(2), event(3, recipientAccountId="444455556666"))
    arrow.collect()
    with arrow.stores.ledger.read() as connection:
        told = [change.body for change in changes_after(connection, 0, ["event"])]

    span = {"first_at": "2026-01-02T03:04:05Z", "last_at": "2026-01-02T03:04:05Z"}
    assert told == [
        {"source": "trail", "account": "111122223333", "events": 2, **span},
        {"source": "trail", "account": "444455556666", "events": 1, **span},
    ]


def test_a_stopped_trail_becomes_a_finding_that_names_who_did_it(logs):
    arrow, folder = logs
    write(folder, "a.json.gz", event(1), event(2, "StopLogging"))

    arrow.collect()
    told = [finding for finding in arrow.stores.listener.findings if "logging" in finding.title.lower()]
    assert told[0].actor.uid == "arn:aws:iam::111122223333:user/example"
    assert told[0].actor.ip == "198.51.100.7"
    assert told[0].events[0].index == 1
    assert count_events(arrow.stores.lake) == 2


def test_what_was_read_is_not_read_again_and_what_is_new_is(logs):
    arrow, folder = logs
    write(folder, "b.json.gz", event(1), event(2, "StopLogging"))
    arrow.collect()
    told = len(arrow.stores.listener.findings)
    write(folder, "a-late-and-sorted-first.json", event(3))
    arrow.collect()
    arrow.collect()

    assert len(arrow.stores.listener.findings) == told
    assert arrow.objects == 2
    assert count_events(arrow.stores.lake) == 3


def test_the_same_event_in_two_files_is_one_event_and_one_finding(logs):
    arrow, folder = logs
    write(folder, "a.json.gz", event(2, "StopLogging"))
    arrow.collect()
    told = len(arrow.stores.listener.findings)
    write(folder, "b.json.gz", event(2, "StopLogging"))
    arrow.collect()

    assert count_events(arrow.stores.lake) == 1
    assert len(arrow.stores.listener.findings) == told


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(logs):
    arrow, folder = logs
    write(folder, "a.json.gz", event(1))
    (folder / "broken.json.gz").write_bytes(gzip.compress(b'{"Records": [{"eventID": "x", ')[:-9])
    (folder / "denied.json").write_text("[]")
    (folder / "text.json").write_text("no JSON at all")
    write(folder, "z.json", event(2, "StopLogging"))

    arrow.collect()
    with arrow.stores.ledger.read() as connection:
        gaps = {Path(known.gap.subject).name: known.gap.cause for known in list_gaps(connection)}
    assert {"broken.json.gz", "denied.json", "text.json"} <= set(gaps)
    assert "cannot be opened" in gaps["denied.json"]
    assert count_events(arrow.stores.lake) == 2
    assert findings_in(arrow)


def test_an_object_that_could_not_be_opened_is_asked_for_again(logs):
    arrow, folder = logs
    (folder / "denied.json").write_text(json.dumps({"Records": [event(1)]}))
    arrow.collect()
    (folder / "denied.json").rename(folder / "granted.json")
    arrow.collect()

    assert count_events(arrow.stores.lake) == 1


def test_a_batch_that_a_crash_interrupted_is_finished_first(logs):
    arrow, folder = logs
    write(folder, "a.json.gz", event(1), event(2, "StopLogging"))
    interrupt(arrow)

    again = Logs("trail", arrow.source, Clouds(), arrow.stores, arrow.rules)
    again.collect()
    assert count_events(arrow.stores.lake) == 2
    with arrow.stores.ledger.read() as connection:
        assert count_seen(connection, "trail")[:2] == (1, 2)


def test_an_interrupted_batch_of_which_a_part_is_gone_loses_nothing_of_the_rest(logs):
    arrow, folder = logs
    write(folder, "a.json.gz", event(0))
    write(folder, "b.json.gz", *(event(number) for number in range(1, PART_RECORDS)))
    write(folder, "c.json.gz", event(PART_RECORDS))
    stores = Stores(DyingLake(arrow.stores.lake), arrow.stores.ledger, listener())
    with pytest.raises(Dead):
        Logs("trail", arrow.source, Clouds(), stores, arrow.rules).collect()
    (folder / "a.json.gz").unlink()

    again = Logs("trail", arrow.source, Clouds(), arrow.stores, arrow.rules)
    again.collect()
    assert count_events(arrow.stores.lake) == PART_RECORDS + 1
    with arrow.stores.ledger.read() as connection:
        assert count_seen(connection, "trail")[0] == 2
        assert pending_batches(connection) == []


class DyingLake:
    """A lake that lives to take one part of a batch, and no longer."""

    def __init__(self, lake):
        self.lake, self.inserts = lake, 0

    def insert(self, *given):
        self.inserts += 1
        if self.inserts > 1:
            raise Dead
        self.lake.insert(*given)


def test_a_batch_that_the_ledger_refused_is_not_counted_twice_by_correlations(logs):
    arrow, folder = logs
    write(folder, "a.json.gz", event(1), event(2, "StopLogging"))
    arrow.collect()
    before = arrow.detector.dump()
    write(folder, "b.json.gz", event(3, "StopLogging"), event(4, "CreateUser"))
    refusing = replace(arrow.stores, ledger=DyingLedger(arrow.stores.ledger))
    failing = Logs("trail", arrow.source, Clouds(), refusing, arrow.rules)
    with pytest.raises(Dead):
        failing.collect()

    assert failing.detector.dump() == before


class Uncertain(FolderTrail):
    """A folder of which, at first, nothing can be listed, and then not everything opened."""

    troubles = 0

    def objects(self, clouds, seen):
        if self.troubles == 2:
            yield Gap("source", self.bucket, "cannot be listed")
        else:
            yield from super().objects(clouds, seen)

    def open(self, clouds, log_object):
        if self.troubles:
            raise SourceError(log_object.uri, "cannot be opened")
        return super().open(clouds, log_object)


def test_what_could_not_be_listed_or_opened_is_open_until_it_can(logs, monkeypatch):
    arrow, folder = logs
    write(folder, "a.json.gz", event(1))
    arrow.source = arrow.reach = Uncertain(bucket=str(folder))

    told = []
    for troubles in (2, 1, 0):
        monkeypatch.setattr(Uncertain, "troubles", troubles)
        arrow.collect()
        with arrow.stores.ledger.read() as connection:
            told.append([(known.gap.area, known.gap.cause.split()[-1]) for known in list_gaps(connection)])
    assert told == [[("source", "listed")], [("object", "opened")], []]
    assert arrow.stores.listener.gaps == []


def test_after_an_absence_the_source_looks_back_as_long(logs):
    arrow, _ = logs
    arrow.collect()
    away = datetime.now(UTC) - timedelta(days=5, hours=1)
    with arrow.stores.ledger.write() as connection:
        put_state(connection, "read/trail", away.isoformat())

    back = Logs("trail", arrow.source, Clouds(), arrow.stores, arrow.rules)
    assert back.reach.lookback_days == arrow.source.lookback_days + 6
    back.collect()
    assert back.reach.lookback_days == arrow.source.lookback_days


class Dead(Exception):
    """What ends a process between two steps."""


class DyingLedger:
    """A ledger that lives to record a batch, and no longer."""

    def __init__(self, ledger):
        self.ledger, self.writes = ledger, 0

    def __getattr__(self, name):
        return getattr(self.ledger, name)

    def write(self):
        self.writes += 1
        if self.writes > 1:
            raise Dead
        return self.ledger.write()


def interrupt(arrow):
    """Run a round that dies after the lake took the batch and before the ledger did."""
    stores = Stores(arrow.stores.lake, DyingLedger(arrow.stores.ledger), listener())
    dying = Logs("trail", arrow.source, Clouds(), stores, arrow.rules)
    with pytest.raises(Dead):
        dying.collect()


def test_a_real_attack_is_read_whole(logs):
    import tarfile

    arrow, folder = logs
    with tarfile.open(shared("cloudtrail_invictus") / "files.tar.gz") as archive:
        for member in archive:
            if member.isfile():
                (folder / Path(member.name).name).write_bytes(archive.extractfile(member).read())

    arrow.collect()
    titles = {finding.title for finding in arrow.stores.listener.findings}
    assert (arrow.objects, count_events(arrow.stores.lake)) == (55, 2900)
    assert len(titles) > 10
    assert arrow.stores.listener.gaps == []
