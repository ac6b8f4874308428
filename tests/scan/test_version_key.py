from hypothesis import given
from hypothesis import strategies as st

from nephoscope.scan.version_key import number_key, numbers_key, text_key, without_trailing_zeros


@given(first=st.integers(0), second=st.integers(0), zeros=st.integers(0, 5))
def test_keys_of_numbers_are_ordered_as_the_numbers(first, second, zeros):
    one, two = number_key("0" * zeros + str(first)), number_key(str(second))

    assert (one < two) == (first < second)
    assert (one == two) == (first == second)


def test_numbers_of_hundreds_of_digits_are_ordered_too():
    lengths = [1, 254, 255, 256, 300, 70_000]
    keys = [number_key("9" * length) for length in lengths]

    assert keys == sorted(keys)
    assert number_key("1" + "0" * 254) > number_key("9" * 254)


@given(st.lists(st.lists(st.integers(0, 300)), min_size=2))
def test_lists_of_numbers_are_ordered_item_by_item(lists):
    assert sorted(lists) == sorted(lists, key=lambda numbers: numbers_key(map(str, numbers)))


def test_a_text_that_begins_another_comes_first():
    assert text_key("a") + b"\xff" < text_key("ab") + b"\0"


def test_zeros_at_the_end_are_no_numbers():
    assert without_trailing_zeros(["1", "0", "2", "0", "000"]) == ["1", "0", "2"]
    assert without_trailing_zeros(["0"]) == []
