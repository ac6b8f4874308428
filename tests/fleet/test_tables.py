import hashlib

import pytest

from nephoscope.fleet.batches import TableRecord
from nephoscope.fleet.tables import BadTable, applied, canonical, digest_of, is_whole

ROOT, ADA = {"name": "root", "uid": 0}, {"uid": 1000, "name": "Ada é"}


def test_a_digest_is_of_the_sorted_rows_each_once():
    text = '[{"name":"Ada \\u00e9","uid":1000},{"name":"root","uid":0}]'

    assert digest_of([ROOT, ADA, ROOT]) == hashlib.sha256(text.encode()).hexdigest()
    assert digest_of([]) == hashlib.sha256(b"[]").hexdigest()
    assert canonical(ADA) == '{"name":"Ada \\u00e9","uid":1000}'


def test_a_whole_table_is_its_rows():
    record = TableRecord("users", 1, rows=[ROOT, ADA, ROOT], digest=digest_of([ROOT, ADA]))

    assert is_whole(record)
    assert applied(record, []) == [ADA, ROOT]


def test_a_difference_is_put_on_what_was_there():
    record = TableRecord("users", 1, base="0" * 64, added=[ADA], removed=[ROOT], digest=digest_of([ADA]))

    assert not is_whole(record)
    assert applied(record, [ROOT]) == [ADA]


@pytest.mark.parametrize(
    "record",
    [
        TableRecord("users", 1, rows=[ROOT], digest=digest_of([ADA])),
        TableRecord("users", 1, rows=[ROOT]),
        TableRecord("users", 1, added=[ADA], digest=digest_of([ADA])),
        TableRecord("users", 1, added=[ADA], removed=[], digest=digest_of([ADA])),
        TableRecord("users", 1),
    ],
)
def test_what_does_not_make_its_digest_is_refused(record):
    with pytest.raises(BadTable):
        applied(record, [ROOT])


def test_rows_nested_too_deeply_are_refused():
    row = {}
    for _ in range(100_000):
        row = {"a": row}

    with pytest.raises(BadTable, match="deeply"):
        digest_of([row])
