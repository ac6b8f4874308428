"""A source that has gone quiet is a gap, and one that delivers is none; a restart changes neither."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from tests.collect.fakes import MemorySource, trail_file

from nephoscope.clouds import Clouds
from nephoscope.collect.rhythm import Rhythm
from nephoscope.collect.source import LogObject
from nephoscope.detect.rule import RuleSet
from nephoscope.model.coverage import Gap
from nephoscope.pipeline import Logs
from nephoscope.pipeline.silence import Silence
from nephoscope.store.gaps import list_gaps
from nephoscope.store.state import put_state

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Dated(MemorySource):
    """Objects whose delivery is two hours back, or not said; `blind` adds what cannot be seen."""

    delivered_at: datetime | None = NOW - 2 * HOUR
    blind: tuple = ()

    def objects(self, clouds, seen):
        found = [LogObject(uri, "v1", len(body), delivered_at=self.delivered_at) for uri, body in self.files.items()]
        return iter([*self.blind, *(one for one in found if one.key not in seen)])


def collected(stores, source, quiet_after=HOUR):
    arrow = Logs("saas", source, Clouds(), stores, RuleSet(), silence=Silence("saas", stores, quiet_after))
    arrow.collect()
    return arrow


def open_gaps(stores):
    with stores.ledger.read() as connection:
        return [known.gap for known in list_gaps(connection, area="silence")]


def test_a_source_that_is_quiet_for_longer_than_was_said_is_a_gap_also_after_a_restart(stores):
    source = Dated({"s3://b/1": trail_file("a")})
    collected(stores, source)
    [gap] = open_gaps(stores)
    assert gap.subject == "saas"
    assert gap.cause.startswith(f"nothing received since {NOW - 2 * HOUR:%Y-%m-%d %H:%M} UTC")
    assert stores.listener.gaps == [gap]

    stores.listener.gaps.clear()
    collected(stores, source)
    assert open_gaps(stores) == stores.listener.gaps == [gap]


def test_the_gap_closes_when_the_source_delivers_again_also_after_a_restart(stores):
    collected(stores, Dated({"s3://b/1": trail_file("a")}))
    collected(stores, Dated({"s3://b/2": trail_file("b")}, delivered_at=None))

    assert open_gaps(stores) == stores.listener.gaps == []


def test_an_object_without_events_is_no_delivery(stores):
    arrow = collected(stores, Dated({"s3://b/1": trail_file()}))

    assert arrow.silence.rhythm is None
    assert open_gaps(stores) == []


def test_a_source_that_never_delivered_or_is_known_too_little_is_not_judged(stores):
    collected(stores, Dated({}))
    collected(stores, Dated({"s3://b/1": trail_file("a")}), quiet_after=None)

    assert open_gaps(stores) == []


def test_by_itself_a_source_is_judged_by_its_rhythm(stores):
    kept = Rhythm(NOW - 300 * HOUR, NOW - 3 * HOUR, (300.0,) * 50, {"2026-01-01": 300.0})
    with stores.ledger.write() as connection:
        put_state(connection, "rhythm/saas", kept.dump())
    collected(stores, Dated({}), quiet_after=None)

    [gap] = open_gaps(stores)
    assert gap.cause.endswith("usually every 5 min")


def test_a_source_that_cannot_be_seen_is_not_called_silent(stores):
    unseen = (Gap("source", "https://saas", "was denied"),)
    collected(stores, Dated({"s3://b/1": trail_file("a")}, blind=unseen))

    assert open_gaps(stores) == []


@pytest.mark.parametrize(("delivered_at", "recent"), [(None, 0), (NOW, 1)], ids=["not said", "said"])
def test_a_pause_before_a_start_counts_only_where_the_provider_says_when_it_delivered(stores, delivered_at, recent):
    collected(stores, Dated({"s3://b/1": trail_file("a")}))
    arrow = collected(stores, Dated({"s3://b/2": trail_file("b")}, delivered_at=delivered_at))

    assert len(arrow.silence.rhythm.recent) == recent
