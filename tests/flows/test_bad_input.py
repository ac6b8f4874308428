"""What outsiders write, clocks that jump, and very many very small files: nothing is lost and nothing is hurt."""

import csv
import gzip
import io
import json
import resource
import sys
import time
from datetime import UTC, datetime

import pytest

from nephoscope.assess.assessor import Assessor
from nephoscope.cli import main
from nephoscope.clouds import Clouds
from nephoscope.detect.loading import load_rules
from nephoscope.inventory.engine import Plan
from nephoscope.inventory.resource import Draft, Reader
from nephoscope.keep import Stores
from nephoscope.pipeline import Items, Logs
from nephoscope.store.events import count_events
from nephoscope.store.gaps import list_gaps
from nephoscope.store.items import current_items
from nephoscope.store.ledger import open_ledger
from nephoscope.store.seen import count_seen
from nephoscope.store.tables import storable
from tests.flows.folder_source import FolderTrail, listener
from tests.flows.test_logs import event, write
from tests.shared_data import shared

ACCOUNT = "111122223333"
SURROGATE = "\ud83d alone"


@pytest.fixture
def naughty():
    return [*json.loads((shared("naughty_strings") / "blns.json").read_text()), "nul \0 inside", "=cmd|' /C calc'!A0"]


@pytest.fixture
def stores(tmp_path, lake):
    with open_ledger(str(tmp_path / "ledger.sqlite")) as ledger:
        yield Stores(lake, ledger, listener())


@pytest.fixture
def logs(tmp_path, stores):
    """The arrow from a folder of log files to those stores."""
    folder = tmp_path / "logs"
    folder.mkdir()
    return Logs("trail", FolderTrail(bucket=str(folder)), Clouds(), stores, load_rules()), folder


def printed(tmp_path, monkeypatch, capsys, form):
    """What `nephoscope findings` prints in a form."""
    monkeypatch.setattr(sys, "argv", ["nephoscope", "findings", "--data", str(tmp_path), "--format", form])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert ended.value.code == 1, err
    return out


def stops_by(number, text):
    """A trail stopped by someone all of whose fields say the text."""
    return event(number, "StopLogging") | {
        "userAgent": text,
        "sourceIPAddress": text,
        "awsRegion": text,
        "errorMessage": text,
        "requestParameters": {"name": text, text: text},
        "responseElements": {text: [text]},
        "userIdentity": {"type": text, "arn": text, "userName": text, "accountId": text, "accessKeyId": text},
    }


def test_naughty_strings_in_every_field_of_a_log_come_out_of_every_command_as_they_went_in(
    logs, naughty, tmp_path, monkeypatch, capsys
):
    arrow, folder = logs
    write(folder, "a.json.gz", *(stops_by(number, text) for number, text in enumerate(naughty)))
    arrow.collect()

    assert count_events(arrow.stores.lake) == len(naughty)
    assert arrow.stores.listener.gaps == []
    rows = [json.loads(line) for line in printed(tmp_path, monkeypatch, capsys, "jsonl").splitlines()]
    told = {row["actor"] for row in rows if row["title"] == "CloudTrail logging stopped"}
    assert {text for text in naughty if text} <= told
    _is_harmless(tmp_path, monkeypatch, capsys, len(rows))


def _is_harmless(tmp_path, monkeypatch, capsys, count):
    table = printed(tmp_path, monkeypatch, capsys, "table")
    assert not [each for each in table if ord(each) < 32 and each != "\n"]
    rows = list(csv.reader(io.StringIO(printed(tmp_path, monkeypatch, capsys, "csv"))))
    assert len(rows) == count + 1
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "@", "\t", "\r")]


class Named(Reader):
    """Buckets whose every name, tag and setting is one of some texts."""

    type = "AWS::S3::Bucket"
    permissions = ("s3:ListAllMyBuckets",)
    texts = ()

    def find(self, view):
        return iter(self.texts)

    def get(self, view, id):
        return id

    def draft(self, view, found):
        tags = [{"Key": found, "Value": found}]
        draft = Draft({"BucketName": found, "Tags": tags, "BucketPolicy": None, found: {found: [found]}})
        draft.relate("uses", found, found)
        return draft

    def id(self, configuration):
        return configuration["BucketName"]


def test_naughty_strings_in_every_name_and_tag_of_resources_come_out_as_they_went_in(
    stores, naughty, tmp_path, monkeypatch, capsys
):
    reader = Named()
    reader.texts = [text for text in dict.fromkeys([*naughty, SURROGATE]) if text]
    items = Items(None, Plan((reader,), {ACCOUNT: ("us-east-1",)}, workers=1), stores, Assessor())
    items.take()
    items.take()

    kept = {revision.item.id: revision.item for revision in current_items(stores.lake)}
    assert len(kept) == len(reader.texts)
    tags = {text: kept[storable(text)].tags for text in reader.texts if "\0" not in text}
    wrong = {text for text, found in tags.items() if found != {storable(text): storable(text)}}
    assert wrong == set()
    assert stores.listener.gaps == []
    rows = [json.loads(line) for line in printed(tmp_path, monkeypatch, capsys, "jsonl").splitlines()]
    assert {row["resource_id"] for row in rows} >= {storable(text) for text in reader.texts if "\0" not in text}
    _is_harmless(tmp_path, monkeypatch, capsys, len(rows))


@pytest.mark.parametrize(
    "when", ["1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "2262-04-12T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_events_far_in_the_past_or_future_are_kept_and_found_and_hide_no_others(logs, when):
    arrow, folder = logs
    write(folder, "a.json.gz", event(1, "StopLogging", eventTime=when))
    arrow.collect()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    actor = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/second", "accountId": ACCOUNT}
    write(folder, "b.json.gz", event(2, "StopLogging", eventTime=now, userIdentity=actor))
    arrow.collect()

    stopped = [each for each in arrow.stores.listener.findings if each.title == "CloudTrail logging stopped"]
    assert [each.actor.uid.rpartition("/")[2] for each in stopped] == ["example", "second"]
    assert count_events(arrow.stores.lake) == 2


def test_a_clock_that_jumps_back_loses_no_change_and_takes_nothing_for_deleted(stores):
    reader = Clocked()
    items = Items(None, Plan((reader,), {ACCOUNT: ("us-east-1",)}, workers=1), stores, Assessor())
    for reader.version in range(4):
        items.take()

    assert [revision.item.tags for revision in current_items(stores.lake)] == [{"version": "3"}]


class Clocked(Named):
    """A bucket that changes with each look."""

    version = 0

    def find(self, view):
        yield "bucket"

    def draft(self, view, found):
        return Draft({"BucketName": found, "Tags": [{"Key": "version", "Value": str(self.version)}]})


@pytest.mark.slow
def test_very_many_tiny_files_are_read_in_few_batches_in_linear_time_and_bounded_memory(logs):
    arrow, folder = logs
    took, peaks = [], []
    for start, count in ((0, 1_000), (1_000, 4_000)):
        for number in range(start, start + count):
            content = gzip.compress(json.dumps({"Records": [event(number)]}).encode(), 1)
            (folder / f"{number:07}.json.gz").write_bytes(content)
        began = time.process_time()
        arrow.collect()
        took.append((time.process_time() - began) / count)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    with arrow.stores.ledger.read() as connection:
        assert count_seen(connection, "trail")[:2] == (5_000, 5_000)
        assert list_gaps(connection) == []
    assert took[1] < 2 * took[0]
    assert peaks[1] - peaks[0] < 100
    counts = "SELECT count() AS events, uniqExact(`origin.batch`) AS batches FROM events"
    assert arrow.stores.lake.rows(counts) == [{"events": 5_000, "batches": 10}]
