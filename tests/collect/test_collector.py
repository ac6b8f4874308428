import gzip
import hashlib

import pytest

pytest.importorskip("pyarrow")

from tests.collect.fakes import NO_CLOUDS, MemorySource, trail_file

from nephoscope.collect.collector import Job, batch_id, fetched, grouped, work
from nephoscope.model.coverage import Gap


def collected(files, seen=(), **options):
    source = MemorySource(files)
    groups = list(grouped(fetched(source, NO_CLOUDS, source.objects(NO_CLOUDS, seen))))
    gaps = [one for one in groups if isinstance(one, Gap)]
    jobs = [
        Job(MemorySource, group, batch_id("memory", [one.object for one in group]), **options)
        for group in groups
        if not isinstance(group, Gap)
    ]
    return [work(job) for job in jobs], gaps


def ids(decoded):
    return [uid for one in decoded for part in one.parts for uid in part.table.column("metadata.uid").to_pylist()]


def test_many_small_files_become_few_batches_and_each_row_knows_its_file():
    files = {f"s3://b/{number}.json": trail_file(f"e{number}") for number in range(1200)}
    decoded, gaps = collected(files)
    assert ids(decoded) == [f"e{number}" for number in range(1200)]
    assert (len(decoded), gaps) == (3, [])
    table = decoded[0].parts[0].table
    assert table.column("origin.object").to_pylist()[:2] == ["s3://b/0.json", "s3://b/1.json"]
    assert set(table.column("origin.batch").to_pylist()) == {decoded[0].batch_id}


def test_a_large_object_is_one_batch_of_several_parts():
    files = {"s3://b/large": trail_file(*[f"e{number}" for number in range(50_000)])}
    [decoded], _ = collected(files)
    assert [part.records for part in decoded.parts] == [20_000, 20_000, 10_000]
    assert len({part.token for part in decoded.parts}) == 3


def test_the_same_objects_give_the_same_ids_tokens_and_rows_again():
    files = {f"s3://b/{number}": trail_file(f"e{number}", "x") for number in range(40)}
    first, _ = collected(files)
    again, _ = collected(files)
    assert [one.batch_id for one in first] == [one.batch_id for one in again]
    assert [[part.token for part in one.parts] for one in first] == [
        [part.token for part in one.parts] for one in again
    ]
    assert ids(first) == ids(again)


def test_objects_that_were_seen_are_not_read_again():
    decoded, _ = collected({"s3://b/1": trail_file("a"), "s3://b/2": trail_file("b")}, seen={("s3://b/1", "v1")})
    assert ids(decoded) == ["b"]


def test_the_hash_is_of_the_uncompressed_content_as_it_was_ingested():
    content = trail_file("a", "b")
    decoded, _ = collected({"s3://b/1": gzip.compress(content), "s3://b/2": content})
    assert {read.sha256 for read in decoded[0].reads} == {hashlib.sha256(content).hexdigest()}


def test_a_denied_object_is_a_gap_with_its_permission_and_the_rest_goes_on():
    decoded, [gap] = collected({"s3://b/1": None, "s3://b/2": trail_file("b")})
    assert ids(decoded) == ["b"]
    assert (gap.area, gap.subject, gap.permission) == ("object", "s3://b/1", "s3:GetObject")


def test_damage_is_named_and_what_lies_before_it_is_kept():
    whole = gzip.compress(trail_file(*[f"e{n}" for n in range(1000)]))
    decoded, _ = collected({"s3://b/cut": whole[:-40], "s3://b/good": trail_file("z")})
    cut, good = decoded[0].reads
    assert cut.records > 100
    assert cut.sha256 == ""
    assert "gzip ends" in cut.gaps[0].cause
    assert (good.records, good.gaps) == (1, ())
    assert ids(decoded)[-1] == "z"


def test_records_that_cannot_be_read_or_were_mended_are_one_gap_that_names_the_first():
    content = (
        trail_file("a", "b")
        .replace(b'{"eventID": "b"', b'17, {"eventTime": null, "eventID": "b"')
        .replace(b', "eventTime": "2024-05-06T07:08:09Z"}]', b"}]")
    )
    [decoded], _ = collected({"s3://b/1": content})
    [gap] = decoded.reads[0].gaps
    assert (gap.area, gap.subject) == ("record", "s3://b/1")
    assert "1 records could not be read: record 1" in gap.cause
    assert "1 records were mended: record 2" in gap.cause
    assert decoded.reads[0].unreadable == 1


def test_every_batch_of_events_is_inspected_and_no_table_is_made_unless_wanted():
    [decoded], _ = collected({"s3://b/1": trail_file("a", "b")}, inspect=len, with_table=False)
    assert [(part.inspected, part.table) for part in decoded.parts] == [((2,), None)]


def test_an_empty_object_is_read_and_holds_nothing():
    [decoded], _ = collected({"s3://b/1": b"", "s3://b/2": b'{"Records":[]}'})
    assert [(read.records, read.gaps) for read in decoded.reads] == [(0, ()), (0, ())]
    assert decoded.parts == ()
