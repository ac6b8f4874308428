import pytest

from nephoscope.scan.loose import LONGEST, items, mapping, mappings, text, texts


@pytest.mark.parametrize("value", [None, 7, True, 1.5, b"x"])
def test_what_is_of_another_shape_reads_as_empty(value):
    assert (text(value), dict(mapping(value)), list(items(value))) == ("", {}, [])
    assert (list(mappings([value])), texts([value])) == ([], ())


def test_what_is_right_is_kept_and_bounded():
    assert text(" a ") == "a"
    assert len(text("a" * 9_999)) == LONGEST
    assert texts(["a", "", " b"]) == ("a", "b")
    assert list(mappings([{"a": 1}, 7])) == [{"a": 1}]
