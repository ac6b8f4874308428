import gzip
import json

import pytest

from nephoscope.fleet.batches import (
    MOST_RECORDS,
    CheckRecord,
    Decision,
    DriftRecord,
    Heartbeat,
    Mark,
    gunzip,
    judge,
    parse_upload,
)
from nephoscope.model.errors import HostRefused

ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64


def header(sequence=1, previous="", **others):
    told = {"agent": "a" * 32, "boot": "b" * 32, "sequence": sequence, "previous": previous, "sent_at": "", **others}
    return told | {"monotonic_s": 12}


def lines(*records, first=None):
    return "\n".join(json.dumps(each) for each in (first or header(), *records)).encode()


def test_an_upload_is_its_header_and_its_records():
    upload = parse_upload(
        lines(
            {"kind": "heartbeat", "at": 5, "uptime_s": 9, "spool_records": 2},
            {"kind": "drift", "at": 5, "path": "/usr/bin/\x1b[31m", "class": "owned_file", "before": None},
            {"kind": "check", "name": "ssh_root_login_is_off", "at": 5, "result": "fail", "reason": "yes"},
        )
    )

    assert upload.header.sequence == 1
    beat, drift, check = upload.records
    assert isinstance(beat, Heartbeat)
    assert (beat.uptime_s, beat.spool_records) == (9, 2)
    assert isinstance(drift, DriftRecord)
    assert drift.class_ == "owned_file"
    assert isinstance(check, CheckRecord)
    assert not upload.lost


@pytest.mark.parametrize(
    "record",
    [
        b"{",
        b"[]",
        b'"\xff"',
        b'{"kind":"command","run":"id"}',
        b'{"at":1}',
        b'{"kind":"check","name":"x","at":1,"result":"PASS"}',
        b'{"kind":"check","name":"x","at":-1,"result":"pass"}',
        b'{"kind":"check","name":"x","at":1e400,"result":"pass"}',
        b'{"kind":"table","name":"../../etc","at":1,"rows":[]}',
        b'{"kind":"table","name":"users","at":1,"rows":[],"digest":"' + b"g" * 64 + b'"}',
        b'{"kind":"table","name":"users","at":1,"rows":[1]}',
        b'{"kind":"drift","at":1,"class":"x","path":"' + b"p" * 9000 + b'"}',
        b'{"kind":"heartbeat","at":1,"resident_kb":' + b"9" * 40 + b"}",
        b"[" * 100_000,
    ],
)
def test_a_record_that_cannot_be_read_is_told_and_the_next_one_is_taken(record):
    good = b'{"kind":"heartbeat","at":5}'
    upload = parse_upload(b"\n".join((lines(), record, good)))

    assert upload.records == (Heartbeat(5),)
    assert upload.lost == 1
    assert upload.unread[0].startswith("record 1: ")
    assert len(upload.unread[0]) < 400


@pytest.mark.parametrize(
    "first",
    [
        header(0),
        header(-1),
        header(1 << 60),
        header("1"),
        header(1, "x"),
        header(1, ONE.upper() + "A"),
        {**header(), "agent": "../"},
        {**header(), "boot": ""},
        {},
        [],
    ],
)
def test_a_header_that_cannot_be_read_refuses_the_whole(first):
    with pytest.raises(HostRefused, match="header") as refused:
        parse_upload(lines(first=first or {"a": 1}))
    assert refused.value.kind == "unreadable"


def test_nothing_is_no_upload():
    for content in (b"", b"\n", b"\x00"):
        with pytest.raises(HostRefused):
            parse_upload(content)


def test_too_many_records_are_refused():
    with pytest.raises(HostRefused) as refused:
        parse_upload(lines() + b"\n" * (MOST_RECORDS + 1))
    assert refused.value.kind == "too-large"


def test_gzip_is_undone():
    assert gunzip(gzip.compress(b"abc")) == b"abc"


def test_a_bomb_is_refused_before_it_is_whole():
    with pytest.raises(HostRefused) as refused:
        gunzip(gzip.compress(bytes(1_000_000)), most=1000)
    assert refused.value.kind == "too-large"


@pytest.mark.parametrize(
    "body",
    [b"", b"abc", gzip.compress(b"abc")[:-1], gzip.compress(b"abc") + b"x", gzip.compress(b"a" * 99)[:20]],
    ids=["nothing", "text", "cut", "more", "half"],
)
def test_what_is_not_whole_gzip_is_refused(body):
    with pytest.raises(HostRefused) as refused:
        gunzip(body)
    assert refused.value.kind == "unreadable"


@pytest.mark.parametrize(
    ("mark", "sequence", "previous", "sha256", "expected"),
    [
        (Mark(), 1, "", ONE, Decision.NEXT),
        (Mark(), 1, THREE, ONE, Decision.CLONE),
        (Mark(), 7, THREE, ONE, Decision.SKIP),
        (Mark(1, ONE), 2, ONE, TWO, Decision.NEXT),
        (Mark(1, ONE), 1, "", ONE, Decision.REPEAT),
        (Mark(1, ONE), 1, "", TWO, Decision.CLONE),
        (Mark(1, ONE), 2, THREE, TWO, Decision.CLONE),
        (Mark(5, ONE), 2, ONE, TWO, Decision.CLONE),
        (Mark(5, ONE), 8, TWO, THREE, Decision.SKIP),
    ],
)
def test_a_batch_is_next_a_repeat_after_a_loss_or_of_a_clone(mark, sequence, previous, sha256, expected):
    first = parse_upload(lines(first=header(sequence, previous))).header

    assert judge(mark, first, sha256) is expected
