import pytest
from hypothesis import given
from hypothesis import strategies as st

from nephoscope.portal.keys import item_key, key, parts
from nephoscope.portal.problems import ProblemError

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1f\x00"), max_size=50)


@given(st.tuples(TEXT, TEXT, TEXT, TEXT))
def test_any_parts_come_back(given_parts):
    name = key(*given_parts)

    assert parts(name, 4) == given_parts
    assert name.replace("-", "").replace("_", "").isalnum() or not "".join(given_parts)


@pytest.mark.parametrize("name", ["", "…", "AAAA", key("a", "b"), "A" * 5_000, key("a", "b", "c", "\x00")])
def test_what_is_no_name_is_not_found(name):
    with pytest.raises(ProblemError) as raised:
        parts(name, 4)
    assert raised.value.status == 404


def test_what_is_about_no_resource_has_no_key():
    assert item_key("1", "r", "", "") == ""
