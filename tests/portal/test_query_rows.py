"""Memory, SQLite and ClickHouse select the same rows by the same query."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.samples import detection

from nephoscope.model.finding import ResourceRef, Severity
from nephoscope.model.query import And, Compare, Negated, Op, Or, Word
from nephoscope.portal.lists.findings import FIELDS, LISTING
from nephoscope.portal.query_rows import holds, is_like
from nephoscope.store.findings import upsert_findings
from nephoscope.store.ledger import open_ledger
from nephoscope.store.ledger_lists import page
from nephoscope.store.scope import Scope

NOW = datetime(2026, 5, 2, tzinfo=UTC)
TEXTS = ("a", "B%", "_", "ä\\", "*", "Ab'c", "")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """Findings of every mixture of a few odd texts."""
    with open_ledger(str(tmp_path_factory.mktemp("rows") / "ledger.db")) as opened:
        found = [
            detection(
                f"{number}",
                NOW - timedelta(hours=number),
                severity=list(Severity)[number % 5],
                title=TEXTS[number % 7],
                reason=TEXTS[number % 5],
                resource=ResourceRef("T", TEXTS[number % 6], "1" * (number % 3), "r"),
            )
            for number in range(40)
        ]
        with opened.write() as connection:
            upsert_findings(connection, found)
        yield opened


def compares():
    texts = st.sampled_from(TEXTS)
    return st.one_of(
        st.builds(Compare, st.just("resource_id"), st.just(Op.EQUALS), texts),
        st.builds(Compare, st.just("title"), st.just(Op.CONTAINS), texts),
        st.builds(Compare, st.sampled_from(("title", "region")), st.just(Op.SET), st.just("")),
        st.builds(
            Compare, st.just("resource_id"), st.just(Op.LIKE), st.lists(texts, min_size=2, max_size=3).map(tuple)
        ),
        st.builds(
            Compare,
            st.just("severity"),
            st.sampled_from((Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST, Op.EQUALS)),
            st.sampled_from(list(map(str, Severity))),
        ),
        st.builds(
            Compare,
            st.just("last_seen_at"),
            st.sampled_from((Op.LESS, Op.AT_LEAST)),
            st.integers(0, 40).map(lambda hours: NOW - timedelta(hours=hours)),
        ),
        st.builds(Compare, st.just("resolved_at"), st.sampled_from((Op.LESS, Op.SET)), st.just(NOW)),
        st.builds(Compare, st.just("acknowledged"), st.just(Op.EQUALS), st.booleans()),
        st.builds(Word, texts),
    )


def nodes():
    return st.recursive(
        compares(),
        lambda inner: st.one_of(
            st.builds(Negated, inner),
            st.builds(And, st.lists(inner, max_size=3).map(tuple)),
            st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
        ),
        max_leaves=6,
    )


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(node=nodes())
def test_memory_and_the_ledger_select_the_same(ledger, node):
    everything = Scope.everything()
    sort = (("last_seen_at", True),)
    with ledger.read() as connection:
        rows = page(connection, LISTING, And(), everything, NOW, sort=sort, after=None, limit=100)
        found = page(connection, LISTING, node, everything, NOW, sort=sort, after=None, limit=100)
    plain = [dict(row._mapping) | {"acknowledged": False} for row in rows]

    assert [row.uid for row in found] == [row["uid"] for row in plain if holds(node, row, FIELDS, NOW)]


@pytest.mark.parametrize(
    ("text", "parts", "is_so"),
    [
        ("abc", ["a", "c"], True),
        ("abc", ["", "b", ""], True),
        ("aba", ["ab", "ba"], False),
        ("abc", ["a", "b"], False),
        ("a.c.e", ["a", "c", "e"], True),
        ("", ["", ""], True),
    ],
)
def test_wildcards_are_of_the_whole_text(text, parts, is_so):
    assert is_like(text, parts) is is_so
