from datetime import UTC, datetime, timedelta

from nephoscope.model.query import Ago, Compare, Op
from nephoscope.portal.lists.events import bounds

NOW = datetime(2026, 5, 2, tzinfo=UTC)


def test_events_are_asked_by_their_long_and_their_short_names(viewer):
    assert viewer.get("events", q="api.operation:StopLogging").json()["total"] == 5
    assert viewer.get("events", q="operation:Stop* account:111111111111").json()["total"] == 5
    [row] = viewer.get("events", q='uid:e3 "stoplogging"').json()["items"]
    assert (row["metadata.uid"], row["resource_uids"]) == ("e3", ["arn:3"])


def test_an_event_is_shown_within_scope(viewer, scoped):
    [row] = viewer.get("events", q="uid:e3").json()["items"]

    assert viewer.get(f"events/{row['key']}").json()["record"]["origin.object"] == "s3://trail/file.json.gz"
    assert scoped.get(f"events/{row['key']}").status_code == 404


def test_events_are_counted_over_the_time_that_was_asked_for(viewer, scoped):
    asked = {"q": "time:>=2026-05-01T12:00:00Z time:<2026-05-01T13:36:00Z"}
    found = viewer.get("events/histogram", **asked).json()

    assert found["step_s"] == 60
    assert sum(bucket["count"] for bucket in found["buckets"]) == 7
    assert sum(bucket["count"] for bucket in scoped.get("events/histogram", **asked).json()["buckets"]) == 2


def test_without_a_time_it_is_the_last_day():
    day = timedelta(days=1)
    assert bounds([], NOW) == (NOW - day, NOW)
    assert bounds([Compare("time", Op.MORE, Ago(3 * day))], NOW) == (NOW - 3 * day, NOW)
    assert bounds([Compare("time", Op.MORE, NOW), Compare("time", Op.LESS, NOW - day)], NOW) == (
        NOW - 2 * day,
        NOW - day,
    )
