"""What the daily round deletes by itself and as configured; never what a listing may bring again."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tests.collect.fakes import MemorySource, trail_file

from nephoscope.clouds import Clouds
from nephoscope.config import Retention
from nephoscope.detect.rule import RuleSet
from nephoscope.pipeline import Logs
from nephoscope.pipeline.retention import Forgetting
from nephoscope.store.events import count_events
from nephoscope.store.feed import first_number, put_place, tell
from nephoscope.store.seen import count_seen
from nephoscope.store.state import get_state

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Reaching(MemorySource):
    """Its listing looks back 500 days."""

    reach_days = 500


def forgotten(stores, days, source, *, later_days):
    Logs("memory", source, Clouds(), stores, RuleSet()).collect()
    rounds = Forgetting(replace(days, feed_days=0), stores, {"memory": source})
    assert rounds.forget(NOW + timedelta(days=later_days)) is False
    with stores.ledger.read() as connection:
        return get_state(connection, "retention")["deleted"], count_seen(connection, "memory")[0]


def test_by_itself_only_what_was_read_long_ago_is_forgotten_and_events_stay(stores):
    source = Reaching({"s3://b/1": trail_file("a")})

    assert forgotten(stores, Retention(), source, later_days=500) == ({}, 1)
    assert forgotten(stores, Retention(), source, later_days=600) == ({"log objects": 1, "batches": 1}, 0)
    assert count_events(stores.lake) == 1


def test_what_a_source_without_end_has_read_is_never_forgotten(stores):
    source = MemorySource({"s3://b/1": trail_file("a")})

    assert forgotten(stores, Retention(seen_days=1), source, later_days=9999) == ({}, 1)


def test_what_is_asked_for_is_deleted_and_no_object_is_read_again(stores):
    source = Reaching({"s3://b/1": trail_file("a")})
    days = Retention(events_days=30, seen_days=1)

    assert forgotten(stores, days, source, later_days=40) == ({"months of events": 1}, 1)
    assert forgotten(stores, days, source, later_days=40) == ({}, 1)
    assert count_events(stores.lake) == 0


def test_a_round_that_is_asked_to_stop_ends_after_a_step(stores):
    source = Reaching({"s3://b/1": trail_file("a")})
    Logs("memory", source, Clouds(), stores, RuleSet()).collect()
    rounds = Forgetting(Retention(), stores, {"memory": source}, lambda: True)

    assert rounds.forget(NOW + timedelta(days=900)) is True
    with stores.ledger.read() as connection:
        assert get_state(connection, "retention") is None


def test_the_feed_is_forgotten_as_far_as_all_have_read_it(stores):
    with stores.ledger.write() as connection:
        tell(connection, "run", [("a", {}), ("b", {}), ("c", {})])
        put_place(connection, "triggers", 2)
    Forgetting(Retention(), stores, {}, readers=("triggers",)).forget(NOW + timedelta(days=20))
    with stores.ledger.read() as connection:
        assert first_number(connection) == 1
    Forgetting(Retention(), stores, {}, readers=("triggers",)).forget(NOW + timedelta(days=40))
    with stores.ledger.read() as connection:
        assert first_number(connection) == 3
