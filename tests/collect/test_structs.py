import msgspec
import pytest
from msgspec import UNSET, Struct, UnsetType

from nephoscope.collect.structs import closed, inner_struct, is_all_unset, sharing, shut


class Who(Struct, eq=False):
    name: str | UnsetType = UNSET


class Record(Struct):
    what: str | UnsetType = UNSET
    who: Who | UnsetType | None = UNSET


def decoded(text, kind=Record):
    found = msgspec.json.decode(text, type=list[shut(kind)])
    sharing(kind)(found)
    return found


def test_records_share_what_is_written_alike():
    same, again, other, none, absent = decoded(
        b'[{"who":{"name":"cat"}},{"who":{"name":"cat"}},{"who":{"name":"dog"}},{"who":null},{}]'
    )
    assert same.who is again.who
    assert (same.who.name, other.who.name, none.who, absent.who) == ("cat", "dog", None, UNSET)


@pytest.mark.parametrize("odd", [b'[{"who":7}]', b'[{"who":{"name":[]}}]'])
def test_what_does_not_fit_is_refused(odd):
    with pytest.raises(msgspec.ValidationError):
        decoded(odd)


def test_a_closed_struct_refuses_news_within_it_too():
    news = b'[{"who":{"name":"cat","age":9}}]'
    assert decoded(news)[0].who.name == "cat"
    with pytest.raises(msgspec.ValidationError):
        decoded(news, closed(Record))


def test_a_type_allows_a_struct_or_none():
    assert inner_struct(Who | None) is Who
    assert inner_struct(str | None) is None


def test_a_column_that_no_record_has_is_told():
    assert is_all_unset([UNSET, UNSET])
    assert not is_all_unset([UNSET, None, UNSET])
    assert not is_all_unset([])
