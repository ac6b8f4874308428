import io
import json

import pytest

from nephoscope.model.errors import SourceError
from nephoscope.pipeline.feeds import export_bundle, import_bundle, import_files, remove_feed
from nephoscope.signing import opened_key
from nephoscope.store.advisory_feeds import list_feeds
from nephoscope.store.exploitation import exploitation, replace_exploitation
from nephoscope.store.ledger import open_ledger


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(str(tmp_path / "ledger.db")) as opened:
        yield opened


def records(tmp_path, *ids):
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(json.dumps({"id": id_, "modified": "2026-01-01T00:00:00Z"}) for id_ in ids))
    return [path]


def imported(ledger, tmp_path, *ids, name="own"):
    return import_files(ledger, tmp_path / "advisories", name, records(tmp_path, *ids), lambda _: None)[0]


def names(ledger):
    with ledger.read() as connection:
        return {feed.name: feed.advisories for feed in list_feeds(connection)}


def test_a_feed_of_the_same_name_is_replaced_with_its_file(ledger, tmp_path):
    imported(ledger, tmp_path, "A", "B")
    made = imported(ledger, tmp_path, "A")
    assert names(ledger) == {"own": 1}
    assert [path.name for path in (tmp_path / "advisories").iterdir()] == [made.file]
    assert imported(ledger, tmp_path, "A").file == made.file
    assert (tmp_path / "advisories" / made.file).exists()


def test_a_bundle_brings_every_feed_to_another_installation(ledger, tmp_path):
    imported(ledger, tmp_path, "A", name="one")
    imported(ledger, tmp_path, "B", "C", name="two")
    out = io.BytesIO()
    export_bundle(ledger, tmp_path / "advisories", out, opened_key(tmp_path / "key").sign)
    (tmp_path / "bundle.tar").write_bytes(out.getvalue())
    with open_ledger(str(tmp_path / "other.db")) as other:
        import_bundle(other, tmp_path / "elsewhere", tmp_path / "bundle.tar", lambda _: True)
        assert names(other) == {"one": 1, "two": 2}


def test_a_bundle_that_is_refused_changes_nothing(ledger, tmp_path):
    imported(ledger, tmp_path, "A")
    (tmp_path / "bundle.tar").write_bytes(b"no tar")
    with pytest.raises(SourceError):
        import_bundle(ledger, tmp_path / "advisories", tmp_path / "bundle.tar", lambda _: True)
    assert names(ledger) == {"own": 1}


def test_a_feed_that_is_removed_takes_its_file_along(ledger, tmp_path):
    imported(ledger, tmp_path, "A")
    assert remove_feed(ledger, tmp_path / "advisories", "own")
    assert names(ledger) == {}
    assert list((tmp_path / "advisories").iterdir()) == []
    assert not remove_feed(ledger, tmp_path / "advisories", "own")


def test_what_the_catalogue_said_goes_with_it(ledger, tmp_path):
    path = tmp_path / "kev.json"
    entry = {"cveID": "CVE-1", "dateAdded": "2026-01-01"}
    path.write_text(json.dumps({"dateReleased": "2026-01-02T00:00:00Z", "vulnerabilities": [entry]}))
    made, gaps = import_files(ledger, tmp_path / "advisories", "kev", [path], lambda _: None)
    assert (made.advisories, made.newest_at, gaps) == (1, "2026-01-02T00:00:00Z", [])
    with pytest.raises(SourceError, match="a format of its own and not oracle_oval"):
        import_files(ledger, tmp_path / "advisories", "kev", [path], lambda _: None, "oracle_oval")
    with ledger.write() as connection:
        replace_exploitation(connection, {"CVE-1": (["2026-01-01", "", False], None), "CVE-2": (None, [0.1, 0.2])})
    assert remove_feed(ledger, tmp_path / "advisories", "kev")
    with ledger.read() as connection:
        assert exploitation(connection) == {"CVE-2": (None, [0.1, 0.2])}
