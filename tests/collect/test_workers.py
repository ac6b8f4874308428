import pytest

pytest.importorskip("pyarrow")

from tests.collect.fakes import NO_CLOUDS, MemorySource, trail_file

from nephoscope.collect.collector import Job, fetched, grouped
from nephoscope.collect.workers import Workers


@pytest.mark.parametrize("count", [0, 2])
def test_workers_give_what_one_process_gives_in_the_same_order(count):
    source = MemorySource({f"s3://b/{number}": trail_file(f"e{number}") for number in range(1100)})
    groups = grouped(fetched(source, NO_CLOUDS, source.objects(NO_CLOUDS, ())))
    jobs = [Job(MemorySource, group, f"batch{number}", inspect=len) for number, group in enumerate(groups)]
    with Workers(count) as workers:
        decoded = list(workers.decoded(jobs))
    assert [one.batch_id for one in decoded] == ["batch0", "batch1", "batch2"]
    uids = [uid for one in decoded for part in one.parts for uid in part.table.column("metadata.uid").to_pylist()]
    assert uids == [f"e{number}" for number in range(1100)]
    assert sum(sum(part.inspected) for one in decoded for part in one.parts) == 1100
