import pytest
from msgspec import UNSET

from nephoscope.model.event import COLUMNS, LogSource, RecordBatch, at_path

RECORD = {
    "eventName": "Open",
    "note": None,
    "a.b": "dotted key",
    "a": {"b": "nested", "c": {"d": 1}},
    "rules": {"items": [{"cidr": "0.0.0.0/0"}, {"port": 22}, {"cidr": ["10.0.0.0/8", "::/0"]}]},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("eventName", "Open"),
        ("note", None),
        ("a.b", "dotted key"),
        ("a.c.d", 1),
        ("rules.items.cidr", ["0.0.0.0/0", "10.0.0.0/8", "::/0"]),
        ("rules.items.nothing", UNSET),
        ("absent", UNSET),
        ("eventName.deeper", UNSET),
        ("note.deeper", UNSET),
    ],
)
def test_a_path_finds_what_stands_there_and_tells_absent_from_null(path, value):
    assert at_path(RECORD, path) == value


def test_a_batch_of_records_is_read_by_column_row_and_text():
    batch = RecordBatch([RECORD, {"eventName": "Close"}], first=7)

    assert batch.values("eventName") == ["Open", "Close"]
    assert batch.value("a.c.d", 1) is UNSET
    assert batch.index(1) == 8
    assert '"0.0.0.0/0"' in batch.text(0)
    assert batch.record(1) == {"eventName": "Close"}
    assert len(batch) == 2


def test_a_log_source_covers_what_it_does_not_contradict():
    trail = LogSource("aws", "cloudtrail")

    assert LogSource("aws").covers(trail)
    assert LogSource("aws", "cloudtrail").covers(trail)
    assert not LogSource("aws", "vpc_flow").covers(trail)
    assert not LogSource("aws", "cloudtrail", "audit").covers(trail)


def test_column_names_are_unique_and_the_key_columns_are_never_null():
    names = [column.name for column in COLUMNS]

    assert len(set(names)) == len(names)
    assert all("Nullable" not in c.type for c in COLUMNS if c.name in ("time", "metadata.uid", "cloud.account.uid"))


def test_records_of_which_nothing_better_is_known_are_all_different():
    batch = RecordBatch([RECORD, RECORD])
    assert batch.keys("eventName", [1, 0]) == [1, 0]
