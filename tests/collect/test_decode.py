import gzip
import io
import json
import tarfile

import pytest
from tests.shared_data import shared

from nephoscope.collect.decode import read
from nephoscope.collect.sources.aws_cloudtrail import LAYOUT
from nephoscope.collect.unzip import LIMITS, Limits
from nephoscope.model.errors import SourceError
from nephoscope.model.event import at_path


def event(number, **more):
    return {"eventVersion": "1.08", "eventID": f"e{number}", "eventTime": "2024-05-06T07:08:09Z", **more}


def decoded(content, limits=LIMITS, layout=LAYOUT):
    """(event ids by index, unreadable by index, the error at the end)."""
    readable, unreadable, error = {}, {}, None
    try:
        for batch in read(io.BytesIO(content), "file.json", layout, limits):
            ids = batch.values("eventID")
            readable |= {batch.index(row): ids[row] for row in range(len(batch))}
            unreadable |= dict(batch.unreadable)
    except SourceError as raised:
        error = raised
    return readable, unreadable, error


def document(*records):
    return json.dumps({"Records": records}).encode()


ALL = {0: "e0", 1: "e1", 2: "e2"}
THREE = [event(0), event(1), event(2)]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"Records": THREE}).encode(),
        json.dumps({"Records": THREE}, indent=2).encode(),
        json.dumps({"nextToken": "x", "Records": THREE}).encode(),
        json.dumps({"Records": THREE, "more": {"a": "]}"}}).encode(),
        json.dumps(THREE).encode(),
        json.dumps(THREE, indent=1).encode() + b"\n\n",
        b"\n".join(json.dumps(one).encode() for one in THREE),
        b"\r\n".join(json.dumps(one).encode() for one in THREE) + b"\r\n\r\n",
        b"".join(json.dumps(one).encode() for one in THREE),
        b"".join(json.dumps(one, indent=2).encode() for one in THREE),
        b"\n".join(document(one) for one in THREE),
        b"\xef\xbb\xbf" + document(*THREE),
        document(*THREE[:2]) + document(THREE[2]),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda c: gzip.compress(c[:50]) + gzip.compress(c[50:])])
def test_every_form_of_a_log_file_gives_the_same_records(content, pack):
    assert decoded(pack(content)) == (ALL, {}, None)


@pytest.mark.parametrize("chunk_bytes", [100, 1000, 5000])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("form", ["document", "array", "lines"])
def test_a_file_larger_than_a_chunk_is_cut_only_between_records(chunk_bytes, indent, form):
    nasty = [{"a": '},{"eventVersion":'}, {"eventVersion": "1"}, {"eventVersion": "2"}]
    records = [event(number, requestParameters={"list": nasty * (number % 5)}) for number in range(200)]
    content = {
        "document": json.dumps({"Records": records}, indent=indent),
        "array": json.dumps(records, indent=indent),
        "lines": "\n".join(json.dumps(record) for record in records),
    }[form].encode()
    limits = Limits(chunk_bytes=chunk_bytes, batch_records=7)
    assert decoded(content, limits) == ({number: f"e{number}" for number in range(200)}, {}, None)


def test_a_batch_holds_no_more_records_than_its_limit():
    content = document(*[event(number) for number in range(25)])
    sizes = [len(batch) for batch in read(io.BytesIO(content), "f", LAYOUT, Limits(batch_records=10))]
    assert sizes == [10, 10, 5]


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9, 0.999])
def test_records_before_the_end_of_a_truncated_file_are_kept(cut):
    content = document(*[event(number) for number in range(50)])
    content = content[: int(len(content) * cut)]
    readable, unreadable, error = decoded(content)
    complete = content.count(b'Z"}')
    assert readable == {number: f"e{number}" for number in range(complete)}
    assert not unreadable
    assert f"record {complete}, byte" in str(error)


def test_records_before_the_end_of_a_truncated_gzip_are_kept_and_the_gzip_is_named():
    content = document(*[event(number, requestID="%032x" % (number**9)) for number in range(500)])
    readable, _, error = decoded(gzip.compress(content)[:-2000])
    assert 10 < len(readable) < 500
    assert "file.json" in str(error)
    assert "gzip ends" in str(error)


@pytest.mark.parametrize("damage", [b'{"eventID": nope}', b'{"eventID": "x", }', b"17", b'"text"', b"null", b"[]", b""])
@pytest.mark.parametrize("lines", [False, True])
def test_a_record_that_cannot_be_read_costs_only_itself(damage, lines):
    parts = [json.dumps(event(0)).encode(), damage or b"x", json.dumps(event(2)).encode()]
    content = b"\n".join(parts) if lines else b'{"Records":[' + b",".join(parts) + b"]}"
    readable, unreadable, error = decoded(content)
    assert readable == {0: "e0", 2: "e2"}
    assert list(unreadable) == [1]
    assert error is None


def test_the_way_out_of_broken_quotes_is_the_next_record():
    parts = [json.dumps(event(number)).encode() for number in range(5)]
    parts[1] = parts[1].replace(b'"}', b"}")
    readable, unreadable, error = decoded(b'{"Records":[' + b",".join(parts) + b"]}")
    assert {0: "e0", 3: "e3", 4: "e4"}.items() <= readable.items()
    assert unreadable
    assert error is None


def test_a_record_nested_without_end_is_named_and_the_rest_goes_on():
    deep = b'{"eventID":"deep","requestParameters":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    content = b'{"Records":[' + b",".join((json.dumps(event(0)).encode(), deep, json.dumps(event(2)).encode())) + b"]}"
    readable, unreadable, error = decoded(content)
    assert readable == {0: "e0", 2: "e2"}
    assert unreadable == {1: "is nested too deeply"}
    assert error is None


def test_a_string_of_ten_megabytes_is_read_whole():
    content = document(event(0), event(1, userAgent="x" * 10_000_000), event(2))
    limits = Limits(chunk_bytes=1 << 20)
    assert decoded(content, limits) == (ALL, {}, None)
    batches = list(read(io.BytesIO(content), "f", LAYOUT, limits))
    assert max(len(agent) for batch in batches for agent in batch.values("userAgent") if agent) == 10_000_000


def test_a_record_beyond_the_limit_ends_the_file_with_its_place():
    content = document(event(0), event(1, userAgent="x" * 5_000_000))
    readable, _, error = decoded(content, Limits(chunk_bytes=1000, record_bytes=2_000_000))
    assert readable == {0: "e0"}
    assert "record 1" in str(error)
    assert "larger than 2000000" in str(error)


def test_bytes_that_are_not_utf8_lose_no_record_and_are_told():
    content = document(*THREE).replace(b'"e1"', b'"e\xff1"').replace(b'"e2"', b'"e\\ud8002"')
    readable, unreadable, error = decoded(content)
    assert readable == {0: "e0", 1: "e\ufffd1", 2: "e\ufffd2"}
    assert (unreadable, error) == ({}, None)
    batches = read(io.BytesIO(content), "f", LAYOUT)
    assert [index for batch in batches for index, _ in batch.adjusted] == [1, 2]


def test_a_file_that_is_no_log_is_refused():
    for content in (b"hello\nworld\n", b"\x00\x01\x02" * 1000, b"<html>"):
        readable, _, error = decoded(content)
        assert not readable
        assert "no JSON" in str(error)
    assert decoded(b"") == ({}, {}, None)


def json_suite():
    with tarfile.open(shared("json_test_suite") / "files.tar.gz") as archive:
        for member in archive.getmembers():
            if member.isfile() and "/test_parsing/" in f"/{member.name}":
                yield member.name.rpartition("/")[2], archive.extractfile(member).read()


def test_json_is_accepted_and_refused_as_the_json_test_suite_says():
    wrong = []
    for name, value in json_suite():
        text = b'{"Records":[{"eventID":"e0"},{"eventID":"e1","requestParameters":' + value + b'},{"eventID":"e2"}]}'
        readable, unreadable, error = decoded(text)
        reported = bool(unreadable or error)
        if name[0] == "y" and (readable != ALL or reported):
            wrong.append(name)
        if name[0] == "n" and 1 in readable and not reported and not noted(text):
            wrong.append(name)
    assert not wrong


def noted(text):
    try:
        return any(batch.adjusted for batch in read(io.BytesIO(text), "f", LAYOUT) if batch.rows.notes)
    except SourceError:
        return True


def test_no_text_of_the_json_test_suite_is_more_than_a_reader_can_bear():
    for _, value in json_suite():
        for content in (value, b'{"Records":' + value + b"}", value + b"\n" + value):
            decoded(content)


def test_naughty_strings_come_through_every_field_as_they_are():
    strings = json.loads((shared("naughty_strings") / "blns.json").read_text())
    for field in ("eventID", "userIdentity.arn", "requestParameters.name", "unheard.of"):
        outer, _, inner = field.partition(".")
        records = [{outer: {inner: text} if inner else text} for text in strings]
        [batch] = read(io.BytesIO(document(*records)), "f", LAYOUT)
        assert batch.values(field) == strings
        assert [batch.value(field, row) for row in range(len(batch))] == strings


def test_real_events_read_by_column_are_what_they_are_record_by_record():
    content = (shared("cloudtrail_invictus") / "events.jsonl.gz").read_bytes()
    records = [json.loads(line) for line in gzip.decompress(content).splitlines()]
    nested = "requestParameters.instancesSet.items.instanceId requestParameters.Host resources.ARN absent.x tlsDetails"
    deep = "userIdentity userIdentity.sessionContext.attributes.mfaAuthenticated"
    fields = [*LAYOUT.columns, *nested.split(), *deep.split()]
    batches = list(read(io.BytesIO(content), "f", LAYOUT))
    for field in fields:
        expected = [at_path(record, field) for record in records]
        assert [value for batch in batches for value in batch.values(field)] == expected, field
    assert [batch.record(row) for batch in batches for row in range(len(batch))] == records
    assert not any(batch.adjusted or batch.unreadable for batch in batches)
