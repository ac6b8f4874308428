import time

import pytest

from nephoscope.model.advisory import Advisory, Affected, AffectedPackage, Event, Range
from nephoscope.scan.ecosystem import place
from nephoscope.scan.osv import entries, holds


def advisory(*ranges, ecosystem="npm", versions=None, **others):
    package = AffectedPackage(ecosystem, "a")
    return Advisory("A", affected=[Affected(package, list(ranges), versions)], **others)


def events(text, kind="ECOSYSTEM"):
    return Range(kind, [Event(**{name: version}) for name, version in (each.split("=") for each in text.split())])


def affected(record, *versions):
    """Those of the versions that the record's one package is affected in."""
    [entry] = entries(record)
    assert entry.unclear == ""
    keys = {version: entry.place.key(version) for version in versions}
    return [
        version
        for version, key in keys.items()
        if version in entry.texts or (key is not None and any(holds(each, key) for each in entry.intervals))
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("introduced=0 fixed=2", ["0.0.0-a", "1"]),
        ("introduced=1 fixed=2", ["1"]),
        ("introduced=0", ["0.0.0-a", "1", "2", "3", "4"]),
        ("introduced=1 last_affected=2", ["1", "2"]),
        ("introduced=2 last_affected=2", ["2"]),
        ("fixed=4 introduced=3 fixed=2 introduced=1", ["1", "3"]),
        ("introduced=1 fixed=2 introduced=2 fixed=3", ["1", "2"]),
        ("introduced=1 last_affected=2 introduced=4", ["1", "2", "4"]),
        ("introduced=2 fixed=2", []),
        ("introduced=3 fixed=2", ["3", "4"]),
        ("introduced=0 limit=2", ["0.0.0-a", "1"]),
        ("introduced=0 fixed=4 limit=2", ["0.0.0-a", "1"]),
        ("introduced=0 last_affected=4 limit=2 limit=3", ["0.0.0-a", "1", "2"]),
        ("introduced=3 fixed=4 limit=2", []),
        ("introduced=0 fixed=2 limit=*", ["0.0.0-a", "1"]),
        ("fixed=2", []),
    ],
)
def test_events_mean_what_the_schema_says(text, said):
    assert affected(advisory(events(text)), "0.0.0-a", "1", "2", "3", "4") == said


def test_versions_that_are_named_are_affected_besides_the_ranges():
    record = advisory(events("introduced=1 fixed=2"), versions=["1.5", "3.0", "odd one"])

    assert affected(record, "1.5", "2", "3", "3.0.0", "odd one", "other") == ["1.5", "3", "3.0.0", "odd one"]
    [entry] = entries(record)
    assert len(entry.intervals) == 2  # 1.5 lies in the range


def test_an_event_that_names_two_versions_counts_as_two():
    both = Range("ECOSYSTEM", [Event(introduced="1", fixed="2"), Event(introduced="3")])

    assert affected(advisory(both), "0", "1", "2", "3") == ["1", "3"]


def test_a_record_that_lists_very_many_versions_is_read_in_proportion():
    versions = [f"1.{number}" for number in range(50_000)]
    began = time.process_time()

    assert affected(advisory(versions=versions), "1.49999", "1.50000") == ["1.49999"]
    assert time.process_time() - began < 5


def test_a_semver_range_is_ordered_by_semver_in_any_ecosystem():
    [entry] = entries(advisory(events("introduced=0 fixed=1.0.0-rc.1", "SEMVER"), ecosystem="Packagist"))

    assert entry.intervals[0].is_semver
    assert holds(entry.intervals[0], place("npm").key("1.0.0-alpha"))


def test_what_a_fix_ends_at_is_told():
    [entry] = entries(advisory(events("introduced=1 fixed=2 introduced=3 last_affected=4 introduced=5")))

    assert [each.fixed for each in entry.intervals] == ["2", None, ""]


@pytest.mark.parametrize(
    ("record", "cause"),
    [
        (advisory(events("introduced=0 fixed=abc", "GIT")), "commits"),
        (advisory(), "no versions"),
        (advisory(events("introduced=0 fixed=x")), "cannot order fixed 'x'"),
        (advisory(events("introduced=0 fixed=1"), ecosystem="Nope"), "is not known"),
        (advisory(Range("ECOSYSTEM", [Event()])), "names no version"),
    ],
)
def test_what_cannot_be_judged_says_why(record, cause):
    [entry] = entries(record)

    assert cause in entry.unclear
    assert list(entry.intervals) == []


def test_commits_beside_versions_are_passed_over():
    assert affected(advisory(events("introduced=0 fixed=abc", "GIT"), versions=["1"]), "1", "2") == ["1"]


def test_a_withdrawn_advisory_says_nothing():
    assert list(entries(advisory(events("introduced=0"), withdrawn="2024-01-01T00:00:00Z"))) == []


def test_what_nobody_asked_for_is_left_empty():
    [entry] = entries(advisory(events("introduced=0")), lambda where, name: False)

    assert (entry.name, list(entry.intervals)) == ("a", [])


def test_an_advisory_without_packages_is_about_none():
    assert list(entries(Advisory("A", affected=[Affected()]))) == []
    assert list(entries(Advisory("A"))) == []
