from msgspec import UNSET

from nephoscope.detect.columns import Columns, cheap_fields
from nephoscope.model.event import RecordBatch


class Counting(RecordBatch):
    """A batch that counts what is asked of it."""

    def values(self, field):
        self.asked = [*getattr(self, "asked", []), field]
        return super().values(field)


def test_a_column_is_read_once_and_normalised():
    batch = Counting([{"a": True}, {"a": [1, "x"]}, {}])
    columns = Columns(batch, {"a"})
    assert list(columns.whole("a")) == list(columns.whole("a")) == ["true", (1, "x"), UNSET]
    assert batch.asked == ["a"]


def test_few_rows_are_read_one_by_one():
    batch = Counting([{"a": n} for n in range(100)])
    columns = Columns(batch, {"a"})
    assert columns.some("a", [7]) == [7]
    assert columns.cell("a", 8) == 8
    assert not hasattr(batch, "asked")
    assert columns.picker(["a"], 5)(9) == (9,)
    assert not hasattr(batch, "asked")
    assert columns.picker(["a"], 50)(9) == (9,)
    assert batch.asked == ["a"]


def test_a_batch_that_reads_rows_is_not_read_whole():
    batch = Counting([{"a": n % 2 == 0} for n in range(100)])
    batch.reads_rows = True
    columns = Columns(batch, {"a"})
    assert columns.picker(["a"], 100)(1) == ("false",)
    assert columns.some("a", range(100))[:2] == ["true", "false"]
    assert not hasattr(batch, "asked")


def test_json_columns_are_not_cheap_and_bare_records_tell_by_nesting():
    found = cheap_fields({"eventName": "api.operation", "requestParameters": "api.request.data"})
    assert "eventName" in found
    assert "requestParameters" not in found
    assert "a" in cheap_fields({})
    assert "a.b" not in cheap_fields({})
