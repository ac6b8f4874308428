import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collect.bucket import LONG_AGO

from nephoscope.collect import appended
from nephoscope.collect.appended import GRID_BYTES, part_lines, parts
from nephoscope.collect.source import LogObject
from nephoscope.model.errors import SourceError


def lines_of(text):
    def ranged(_, start, end):
        return text[start:end]

    return b"".join(part_lines(one, ranged) for one in parts("https://blobs/x", len(text), LONG_AGO, ()))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3_000_000), max_size=8))
def test_no_line_is_lost_or_doubled_wherever_the_grid_cuts(sizes):
    text = b"".join(b'"' + b"x" * size + b'"\n' for size in sizes)
    assert lines_of(text) == text


def test_a_line_on_the_grid_belongs_to_the_next_part():
    first = b'"' + b"a" * (GRID_BYTES - 3) + b'"\n'
    assert lines_of(first + b'"b"\n') == first + b'"b"\n'


def test_a_half_line_waits_and_a_whole_one_without_its_end_does_not():
    assert lines_of(b'{"a":1}\n{"b":') == b'{"a":1}\n'
    assert lines_of(b'{"a":1}\n{"b":2}') == b'{"a":1}\n{"b":2}'


def test_only_the_part_that_grew_is_read_again():
    seen = {one.key for one in parts("u", GRID_BYTES + 10, LONG_AGO, ())}
    again = list(parts("u", GRID_BYTES + 20, LONG_AGO, seen))
    assert [one.uri for one in again] == ["u#part=1"]


def test_what_is_no_part_is_refused():
    with pytest.raises(SourceError):
        part_lines(LogObject("https://blobs/x", "1"), lambda *_: b"")
    assert appended.PART.fullmatch("u#part=1")
