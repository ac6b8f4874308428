from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nephoscope.store.tables import EPOCH, key_of, storable, storable_json, to_json, to_micros

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_any_text_becomes_storable_and_stays_so(text):
    kept = storable(text)
    assert kept.encode().decode() == kept
    assert "\x00" not in kept
    assert storable(kept) == kept


@given(st.recursive(ANY_TEXT | st.integers(-(2**63), 2**63 - 1) | st.none(), st.lists))
def test_any_json_becomes_text_that_reads_back(value):
    assert msgspec.json.decode(to_json(value)) in (value, storable_json(value))


def test_keys_tell_their_parts_apart():
    assert key_of("ab", "c") != key_of("a", "bc")
    assert len(key_of("x" * 100_000, "\ud800")) == 32


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 5, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    ],
)
def test_times_are_kept_to_the_microsecond(moment):
    assert EPOCH + timedelta(microseconds=to_micros(moment)) == moment
