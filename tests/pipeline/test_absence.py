"""What nobody looked for is a gap with its times, until somebody reads it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.collect.fakes import MemorySource, trail_file

from nephoscope.clouds import Clouds
from nephoscope.config import Retention
from nephoscope.detect.rule import RuleSet
from nephoscope.model.coverage import Gap
from nephoscope.pipeline import Logs
from nephoscope.pipeline.absence import AREA, Absence
from nephoscope.pipeline.retention import Forgetting
from nephoscope.store.gaps import list_gaps
from nephoscope.store.seen import count_seen
from nephoscope.store.state import get_state, put_state

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reaching(MemorySource):
    """Lists only what is named `<days ago>` within its reach; denied while `is_denied` holds something."""

    days: int = 1
    reach_days = 1
    is_denied: list = field(default_factory=list)

    def since(self, days):
        return replace(self, days=self.days + days)

    def objects(self, clouds, seen):
        if self.is_denied:
            return iter([Gap("source", "s3://b", "denied")])
        return (one for one in super().objects(clouds, seen) if int(one.uri.rpartition("/")[2]) <= self.days)


@pytest.fixture
def source():
    """A file of today, one of ten days ago, one of thirty."""
    return Reaching({f"s3://b/{ago}": trail_file(f"e{ago}") for ago in (0, 10, 30)})


def away(stores, days):
    """Nobody reads for so long."""
    with stores.ledger.write() as connection:
        put_state(connection, "read/memory", (datetime.now(UTC) - timedelta(days=days)).isoformat())


def read(stores, source, since_days=None):
    since = datetime.now(UTC) - timedelta(days=since_days) if since_days else None
    Logs("memory", source, Clouds(), stores, RuleSet(), since=since).collect()
    with stores.ledger.read() as connection:
        return list_gaps(connection, area=AREA), count_seen(connection, "memory")[0]


def test_what_lies_further_back_than_the_longest_absence_is_a_gap_that_says_from_when_to_when(stores, source):
    away(stores, 40)
    [known], files = read(stores, source)
    began, ended = (datetime.now(UTC) - timedelta(days=days) for days in (40, 14))

    assert files == 2
    assert f"from {began:%Y-%m-%d %H}" in known.gap.cause
    assert f"to {ended:%Y-%m-%d %H}" in known.gap.cause
    assert f"collect --once memory --since {began - DAY:%Y-%m-%d}" in known.gap.cause
    assert stores.listener.gaps == [known.gap]


def test_the_gap_stays_until_all_of_it_was_read(stores, source):
    away(stores, 40)
    read(stores, source)

    assert len(read(stores, source)[0]) == 1
    assert len(read(stores, source, since_days=20)[0]) == 1
    assert read(stores, source, since_days=41) == ([], 3)
    assert read(stores, source) == ([], 3)


def test_an_absence_that_is_read_as_a_whole_is_no_gap(stores, source):
    away(stores, 13)

    assert read(stores, source) == ([], 2)


def test_a_second_absence_before_the_first_was_read_makes_one_gap_of_both(stores, source):
    away(stores, 90)
    read(stores, source)
    away(stores, 40)
    [known], _ = read(stores, source)

    assert f"from {datetime.now(UTC) - timedelta(days=90):%Y-%m-%d}" in known.gap.cause
    assert f"to {datetime.now(UTC) - timedelta(days=14):%Y-%m-%d}" in known.gap.cause


def test_a_look_that_could_not_see_everything_leaves_the_gap(stores, source):
    away(stores, 40)
    read(stores, source)
    source.is_denied.append(True)

    assert len(read(stores, source, since_days=41)[0]) == 1


def test_a_source_that_was_out_of_sight_for_days_while_watched_is_looked_back_on(stores, source):
    arrow = Logs("memory", source, Clouds(), stores, RuleSet())
    arrow.collect()
    assert arrow.objects == 1

    source.is_denied.append(True)
    away(stores, 12)
    arrow.noted_at = datetime.now(UTC) - 12 * DAY
    arrow.absence = replace(arrow.absence, at=arrow.noted_at)
    arrow.collect()
    source.is_denied.clear()
    arrow.collect()
    assert arrow.objects == 2


def test_what_was_read_is_remembered_as_far_as_an_absence_may_still_be_read(stores, source):
    read(stores, source)
    with stores.ledger.write() as connection:
        began = datetime.now(UTC) - DAY
        put_state(connection, "absent/memory", [began.isoformat(), began.isoformat()])
    rounds = Forgetting(Retention(seen_days=1), stores, {"memory": source})
    rounds.forget(datetime.now(UTC) + timedelta(days=900))

    with stores.ledger.read() as connection:
        assert count_seen(connection, "memory")[0] == 1
        assert "log objects" not in get_state(connection, "retention")["deleted"]


def test_a_source_that_was_never_read_has_no_absence(stores):
    assert Absence("new", stores).days == 0
    assert Absence("new", stores, datetime.now(UTC) - timedelta(hours=30)).days == 2
