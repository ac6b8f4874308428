import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nephoscope.collect.split import cuts, next_record, walk_array, walk_to_end, walk_value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\{}[],: \n\u00e9'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(JSON, max_size=6), st.sampled_from([None, 1]), st.booleans())
def test_the_elements_of_any_array_are_found(values, indent, is_ascii):
    text = json.dumps(values, indent=indent, ensure_ascii=is_ascii).encode()
    walk = walk_array(text + b" rest", 1)
    assert [json.loads(text[start:end]) for start, end in walk.elements] == values
    assert (walk.closed, walk.end) == (True, len(text))


@settings(max_examples=200, deadline=None)
@given(st.lists(JSON, min_size=1, max_size=6), st.data())
def test_of_an_array_that_ends_early_only_whole_elements_are_given(values, data):
    text = json.dumps(values).encode()
    cut = data.draw(st.integers(1, len(text) - 1))
    walk = walk_to_end(text[:cut], 1)
    assert [json.loads(text[start:end]) for start, end in walk.elements] == values[: len(walk.elements)]
    assert not walk.closed


def test_walking_does_not_recurse():
    text = b"[" * 200_000 + b"]" * 200_000
    assert walk_array(text, 1).end == len(text)
    assert walk_value(text, 0) == len(text)


@pytest.mark.parametrize("text", [b"", b'{"a', b'{"a": "b\\"}', b"[1, 2", b'{"a": {}'])
def test_a_value_that_is_not_complete_has_no_end(text):
    assert walk_value(text, 0) == -1


def test_cuts_are_tried_from_the_end_and_only_where_records_begin():
    text = b'[{"v":1,"x":[{"v":0},{"v":9}]}, {"v":2},{"w":3},{"v":4'
    assert [text[cut:] for cut in cuts(text)][:2] == [b',{"v":4', b', {"v":2},{"w":3},{"v":4']


def test_behind_damage_the_next_record_is_what_begins_alike():
    text = b'[{"v":1},{"v": "bro ken},{"v":3}]'
    start = text.index(b'{"v": ')
    assert text[next_record(text, start) :] == b'{"v":3}]'
    assert next_record(text, text.index(b'{"v":3')) == -1
