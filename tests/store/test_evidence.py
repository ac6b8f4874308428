from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from nephoscope.model.errors import CustodyError
from nephoscope.model.evidence import Capture, Custody, Envelope
from nephoscope.store.evidence import (
    Case,
    Sealed,
    captures_of,
    custody_of,
    get_case,
    head,
    list_cases,
    manifest_of,
    manifests_after,
    note_custody,
    open_case,
    public_keys,
    put_capture,
    put_key,
    put_manifest,
)
from nephoscope.store.evidence_tables import CUSTODY

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
CAPTURE = Capture("facts", "ab" * 32, 3, "text/plain", "ec2:DescribeInstances", AT)


def case(run, hours=0):
    return Case(run, "case", "finding", "/evidence", AT + timedelta(hours=hours))


def sealed(number, run):
    return Sealed(number, run, f"{number}" * 64, "key", AT, Envelope(b"{}", "key", b"signature"))


def test_a_case_is_opened_once(ledger):
    with ledger.write() as connection:
        open_case(connection, case("run"), "alice")
        open_case(connection, case("run", 5), "bob")
        assert get_case(connection, "run") == case("run")
        assert [(entry.what, entry.who) for entry in custody_of(connection, "run")] == [("created", "alice")]
        assert get_case(connection, "none") is None


def test_captures_count_once_and_only_until_the_seal(ledger):
    later = replace(CAPTURE, name="later\x00", captured_at=AT + timedelta(microseconds=1))
    with ledger.write() as connection:
        open_case(connection, case("run"), "alice")
        for each in (later, CAPTURE, CAPTURE):
            put_capture(connection, "run", each)
        assert [each.name for each in captures_of(connection, "run")] == ["facts", "later\N{SYMBOL FOR NULL}"]
        put_manifest(connection, sealed(1, "run"), "")
        put_capture(connection, "run", CAPTURE)
        with pytest.raises(CustodyError, match="is sealed"):
            put_capture(connection, "run", replace(CAPTURE, name="new"))
        found = get_case(connection, "run")
        assert (found.number, found.captures, found.bytes, found.sealed_at) == (1, 2, 6, AT)


def test_nothing_is_added_to_a_case_that_was_not_opened(ledger):
    with pytest.raises(CustodyError), ledger.write() as connection:
        put_capture(connection, "run", CAPTURE)


def test_manifests_stand_in_order(ledger):
    with ledger.write() as connection:
        assert head(connection) is None
        for number, run in ((1, "a"), (2, "b")):
            open_case(connection, case(run, number), "alice")
            put_manifest(connection, sealed(number, run), "")
        assert head(connection) == sealed(2, "b")
        assert manifest_of(connection, "a") == sealed(1, "a")
        assert manifest_of(connection, "c") is None
        assert [each.number for each in manifests_after(connection, 1)] == [2]
        assert [each.run for each in list_cases(connection)] == ["b", "a"]
        assert [each.run for each in list_cases(connection, "a")] == ["a"]
        assert list_cases(connection, "%") == []


def test_a_custody_log_shows_that_an_entry_was_changed(ledger):
    with ledger.write() as connection:
        open_case(connection, case("run"), "alice")
        note_custody(connection, "run", "bob", Custody.READ, "a\ud800", AT)
        note_custody(connection, "run", "carol", Custody.EXPORTED, "", AT)
        entries = custody_of(connection, "run")
        assert [entry.previous for entry in entries] == ["", entries[0].digest, entries[1].digest]
        connection.execute(update(CUSTODY).where(CUSTODY.c.number == 2).values(who="nobody"))
        changed = custody_of(connection, "run")
        assert changed[2].previous != changed[1].digest


def test_public_keys_stay(ledger):
    with ledger.write() as connection:
        put_key(connection, "1", "old", AT)
        put_key(connection, "1", "new", AT)
        put_key(connection, "0", "other", AT + timedelta(1))
        assert public_keys(connection) == {"1": "old", "0": "other"}
