from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nephoscope.portal.cursors import seal, unseal
from nephoscope.portal.problems import ProblemError

SECRET = b"0" * 32
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc{}µ"), inner, max_size=3),
)


@given(VALUES)
def test_what_is_sealed_comes_back(value):
    assert unseal(SECRET, "p", seal(SECRET, "p", value)) == value


def test_times_come_back_to_the_microsecond():
    moment = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)

    assert unseal(SECRET, "p", seal(SECRET, "p", [moment, 1])) == [moment, 1]


@pytest.mark.parametrize("text", ["", "x", "…", "A" * 9_000, seal(SECRET, "other", [1]), seal(b"1" * 32, "p", [1])])
def test_what_was_not_sealed_for_this_is_refused(text):
    with pytest.raises(ProblemError, match="cursor"):
        unseal(SECRET, "p", text)


def test_a_changed_letter_is_noticed():
    text = seal(SECRET, "p", ["account", 5])
    changed = text[:-3] + ("A" if text[-3] != "A" else "B") + text[-2:]

    with pytest.raises(ProblemError):
        unseal(SECRET, "p", changed)
