import gzip
import io
import json

import pytest
from tests.shared_data import shared

from nephoscope.assess.items import read_items
from nephoscope.model.coverage import Gap
from nephoscope.model.item import Item

BUCKET = {"type": "AWS::S3::Bucket", "id": "b", "account": "1", "region": "r", "configuration": {"a": 1}}


def read(content):
    return list(read_items(io.BytesIO(content), "f"))


def line(**parts):
    return json.dumps({**BUCKET, **parts}).encode() + b"\n"


def test_a_line_becomes_an_item_with_its_holes():
    [item] = read(line(observed={"x": 1}, not_collected={"/a": "AccessDenied"}, captured_at="2026-11-01T00:00:00Z"))
    assert isinstance(item, Item)
    assert item.key == ("1", "r", "AWS::S3::Bucket", "b")
    assert (item.configuration, item.observed, item.not_collected) == ({"a": 1}, {"x": 1}, {"/a": "AccessDenied"})
    assert item.captured_at.isoformat() == "2026-11-01T00:00:00+00:00"


def test_a_templates_item_keeps_its_place():
    [item] = read(line(place={"file": "a.yaml", "line": 3, "address": "X"}))
    assert (item.place.file, item.place.line) == ("a.yaml", 3)


@pytest.mark.parametrize(
    "bad",
    [
        b"{",
        b"[]",
        b"null",
        b"5",
        b'{"type": "T", "id": "i"}',
        b'{"type": "T", "id": "i", "configuration": []}',
        b'{"type": "T", "id": null, "configuration": {}}',
        b'{"type": "T", "id": "i", "configuration": {}, "captured_at": "2026-11-01T00:00:00"}',
        b'{"type": "T", "id": "\xff", "configuration": {}}',
        b'{"type": "T", "id": "i", "configuration": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    ],
)
def test_a_line_that_is_no_item_is_a_gap_and_the_next_is_read(bad):
    gap, item = read(bad + b"\n" + line())
    assert isinstance(gap, Gap)
    assert gap.subject == "f:1"
    assert isinstance(item, Item)


def test_empty_lines_and_a_byte_order_mark_are_passed_over():
    assert len(read(b"\xef\xbb\xbf" + line() + b"\n\n" + line())) == 2


def test_a_file_that_breaks_off_says_where():
    content = gzip.compress(line() * 1000)
    found = list(read_items(gzip.GzipFile(fileobj=io.BytesIO(content[:-20])), "f"))
    assert isinstance(found[-1], Gap)
    assert "cannot be read on" in found[-1].cause


def test_hostile_strings_are_items_like_others():
    names = json.loads((shared("naughty_strings") / "blns.json").read_text())
    found = read(b"".join(line(id=name, configuration={name: name}) for name in names))
    assert all(isinstance(item, Item) for item in found)
    assert [item.id for item in found] == names
