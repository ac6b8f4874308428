import pytest
from hypothesis import given
from hypothesis import strategies as st

from nephoscope.export.text import cut, cut_bytes, lines, one_line, without_formula

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT, st.integers(1, 50))
def test_any_text_becomes_one_printable_line_of_a_length(text, limit):
    shown = one_line(text, limit)

    assert len(shown) <= limit
    assert shown.isprintable()


@given(ANY_TEXT, st.integers(1, 50))
def test_bytes_are_cut_between_characters(text, limit):
    shown = cut_bytes(text, limit)

    assert len(shown) <= limit
    shown.decode()


@pytest.mark.parametrize("text", ["a\r\nBcc: b", "a\nb", "a\u2028b", "a\x0bb", "a\x85b"])
def test_no_line_end_is_left_in_a_line(text):
    assert len(one_line(text).splitlines()) == 1


def test_what_is_cut_off_is_shown_to_be_missing():
    assert (cut("abcdef", 4), cut("abcd", 4)) == ("abc…", "abcd")
    assert lines("a\x1bb\n c", 100) == "a\ufffdb\nc"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠x"]
)
def test_what_a_spreadsheet_would_take_for_a_formula_begins_with_an_apostrophe(text):
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1+1", "arn:aws:iam::1:user/a"])
def test_other_texts_stay_as_they_are(text):
    assert without_formula(text) == text
