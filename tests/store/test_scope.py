import pytest
from sqlalchemy import select

from nephoscope.store.scope import Scope
from nephoscope.store.tables import FINDINGS


def test_a_scope_holds_its_accounts_and_nothing_that_belongs_to_none():
    some = Scope.of(["1", "2"])

    assert some.holds("1")
    assert not some.holds("3")
    assert not some.holds("")
    assert Scope.of(["*", "1"]).holds("")
    assert not Scope.of([]).holds("")


def test_an_empty_scope_selects_nothing():
    asked = str(select(FINDINGS.c.uid).where(Scope.of([]).condition(FINDINGS.c.account)))
    assert asked.endswith(("false", "0 = 1"))
    assert Scope.of([]).expression("account")[1] == {"scope_accounts": []}


WITHIN = [(["1"], ["1", "2"], True), (["1", "3"], ["1"], False), (["*"], ["1"], False), (["1"], ["*"], True)]


@pytest.mark.parametrize(("inner", "outer", "is_within"), WITHIN)
def test_whether_a_scope_lies_within_another(inner, outer, is_within):
    assert Scope.of(inner).within(Scope.of(outer)) is is_within
    assert Scope.of(Scope.of(inner).names) == Scope.of(inner)
