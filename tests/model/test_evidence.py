import base64
import json
from datetime import UTC, datetime

import pytest

from nephoscope.model.errors import CustodyError
from nephoscope.model.evidence import (
    EXPORT,
    MANIFEST,
    Capture,
    Custody,
    CustodyEntry,
    Envelope,
    Export,
    Manifest,
    canonical,
    read_statement,
    sha256_of,
)

AT = datetime(2026, 5, 1, 12, 0, 0, 5, tzinfo=UTC)
CAPTURE = Capture("facts/é.json", "ab" * 32, 3, "application/json", "ec2:DescribeInstances", AT)
ENTRY = CustodyEntry("run", 1, AT, "alice", Custody.CREATED)
WHOLE = Manifest("run", 1, "", AT, "nephoscope 0", "key", "case", "finding", (CAPTURE,), (ENTRY,))


def test_a_manifest_is_an_in_toto_statement_and_reads_back():
    statement = json.loads(WHOLE.statement())
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"] == [{"name": CAPTURE.file, "digest": {"sha256": CAPTURE.sha256}}]
    assert statement["predicate"]["captures"][0]["captured_at"] == "2026-05-01T12:00:00.000005Z"
    assert read_statement(WHOLE.statement(), MANIFEST, Manifest) == WHOLE


def test_what_is_signed_is_dsses_encoding():
    """The example of DSSE's own specification."""
    assert Envelope(b"hello world", "", b"", "http://example.com/HelloWorld").signed == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_an_envelope_reads_back_and_has_one_spelling():
    content = Envelope(b"{}", "key", b"signature").to_bytes()
    assert Envelope.from_bytes(content).payload == b"{}"
    for other in (content + b" ", content[:-1], content.replace(b'":', b'": '), content.replace(b"e30=", b"e31=")):
        with pytest.raises(CustodyError):
            Envelope.from_bytes(other)


@pytest.mark.parametrize("signatures", [[], [{"keyid": "a", "sig": ""}] * 2])
def test_an_envelope_carries_one_signature(signatures):
    payload = base64.b64encode(b"{}").decode()
    with pytest.raises(CustodyError, match="signatures, not one"):
        Envelope.from_bytes(canonical({"payloadType": "x", "payload": payload, "signatures": signatures}))


def test_a_statement_whose_parts_disagree_is_refused():
    statement = json.loads(WHOLE.statement())
    statement["subject"][0]["digest"]["sha256"] = "cd" * 32
    with pytest.raises(CustodyError, match="do not agree"):
        read_statement(canonical(statement), MANIFEST, Manifest)


def test_a_statement_of_another_kind_is_refused():
    export = Export("run", AT, "alice", "key", {"a": "b"}, (ENTRY,))
    assert read_statement(export.statement(), EXPORT, Export) == export
    with pytest.raises(CustodyError, match="statement of the kind"):
        read_statement(export.statement(), MANIFEST, Manifest)


@pytest.mark.parametrize("content", [b"", b"nothing", b"[" * 100_000, b"\xff", b'{"subject": 1}'])
def test_what_is_no_statement_is_refused(content):
    with pytest.raises(CustodyError, match="cannot be read"):
        read_statement(content, MANIFEST, Manifest)


def test_each_custody_entry_depends_on_all_of_it():
    changed = [
        CustodyEntry("other", 1, AT, "alice", Custody.CREATED),
        CustodyEntry("run", 2, AT, "alice", Custody.CREATED),
        CustodyEntry("run", 1, AT, "bob", Custody.CREATED),
        CustodyEntry("run", 1, AT, "alice", Custody.DELETED),
        CustodyEntry("run", 1, AT, "alice", Custody.CREATED, "x"),
        CustodyEntry("run", 1, AT, "alice", Custody.CREATED, "", "y"),
    ]
    assert len({ENTRY.digest, *(entry.digest for entry in changed)}) == 7
    assert ENTRY.digest == sha256_of(canonical(ENTRY))
