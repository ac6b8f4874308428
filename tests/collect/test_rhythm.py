from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.collect.rhythm import DAYS, RECENT, Rhythm, spoken

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rhythm(*hours):
    """A rhythm of deliveries after so many hours each."""
    found, at = Rhythm(NOON, NOON), NOON
    for each in hours:
        at += each * HOUR
        found = found.delivered(at)
    return found


def test_a_source_is_judged_by_the_longest_pause_of_a_week_and_no_earlier():
    assert rhythm(*[10] * 16).quiet_after is None
    assert rhythm(*[10] * 17).quiet_after == 20 * HOUR
    assert rhythm(*[2] * 30, 62, *[2] * 30).quiet_after == 124 * HOUR


def test_a_busy_source_is_silent_after_an_hour_at_least():
    assert rhythm(*[0.01] * 17_000).quiet_after == HOUR


def test_a_silence_that_was_noticed_lengthens_what_is_usual_by_one_step_only():
    before = rhythm(*[10] * 17)

    assert before.delivered(before.last_at + 1000 * HOUR).quiet_after == 40 * HOUR


def test_a_long_pause_is_forgotten_after_as_many_days_with_deliveries():
    assert rhythm(*[10] * 17, 19, *[10] * 40).quiet_after == 20 * HOUR


def test_what_is_usual_is_the_middle_of_recent_pauses():
    assert rhythm(1, 1, 9).usually == HOUR
    assert Rhythm(NOON, NOON).usually is None


def test_an_older_delivery_changes_nothing_and_a_pause_of_ours_does_not_count():
    known = rhythm(1, 1)

    assert known.delivered(NOON) is known
    ours = known.delivered(NOON + 500 * HOUR, counts=False)
    assert (ours.recent, ours.last_at) == (known.recent, NOON + 500 * HOUR)


def test_what_is_kept_is_bounded_and_comes_back_as_it_was():
    known = rhythm(*[7] * 200)

    assert (len(known.recent), len(known.longest)) == (RECENT, DAYS)
    assert Rhythm.load(known.dump()) == known


@pytest.mark.parametrize(
    ("seconds", "said"), [(40, "40 s"), (300, "5 min"), (7200, "2 h"), (86_400, "24 h"), (260_000, "3 days")]
)
def test_spans_are_said_as_people_say_them(seconds, said):
    assert spoken(timedelta(seconds=seconds)) == said
