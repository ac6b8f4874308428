import gzip
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shared_data import shared, unpack

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.ecosystem import place
from nephoscope.scan.matcher import Index, Match
from nephoscope.scan.reading import read_advisories


def record(id, ecosystem="npm", name="a", versions=None, modified="2024-01-01T00:00:00Z", kind="ECOSYSTEM", **events):
    """An advisory with one range, made of the events in the order in which they are given."""
    affected = {"package": {"ecosystem": ecosystem, "name": name}, "versions": versions or []}
    if events:
        affected["ranges"] = [{"type": kind, "events": [{event: version} for event, version in events.items()]}]
    return msgspec.convert({"id": id, "modified": modified, "affected": [affected]}, Advisory)


def index(*records, **options):
    made = Index(**options)
    for each in records:
        made.add(each)
    return made


def ids(found):
    return [each.advisory for each in found if isinstance(each, Match)]


def causes(found):
    return [each.cause for each in found if isinstance(each, Gap)]


@pytest.mark.parametrize("feed", ["almalinux", "bitnami", "go", "pypi"])
def test_exactly_the_right_advisories_match(feed):
    made, cases = Index(), shared("osv_match_cases") / f"{feed}.jsonl.gz"
    for each in read_advisories([shared(f"osv_{feed}") / "advisories.jsonl.gz"]):
        assert isinstance(each, Advisory)
        made.add(each)
    wrong = []
    for case in map(json.loads, gzip.decompress(cases.read_bytes()).splitlines()):
        found = made.match(Package(case["ecosystem"], case["package"], case["version"]))
        if ids(found) != sorted(case["expected"]) or causes(found):
            wrong.append((case, found))
    assert wrong == []


def test_a_match_says_which_version_ends_it():
    made = index(record("A", introduced="1", fixed="2"), record("B", introduced="1"), record("C", versions=["1.5"]))

    assert [(each.advisory, each.fixed) for each in made.match(Package("npm", "a", "1.5"))] == [
        ("A", "2"),
        ("B", ""),
        ("C", ""),
    ]


def test_one_advisory_is_told_once_per_package():
    twice = record("A", introduced="0", fixed="2")
    twice = msgspec.structs.replace(twice, affected=twice.affected * 2)
    packages = [Package("npm", "a", "1")] * 3

    assert ids(index(twice, twice).matches(packages)) == ["A"]


def test_the_record_that_was_modified_last_holds_in_whatever_order_they_come():
    old = record("A", introduced="0", fixed="2")
    new = record("A", modified="2025-01-01T00:00:00Z", introduced="0", fixed="1")
    gone = msgspec.structs.replace(new, withdrawn="2025-01-01T00:00:00Z")
    package = Package("npm", "a", "1.5")

    assert ids(index(old).match(package)) == ["A"]
    assert ids(index(old, new).match(package)) == ids(index(new, old).match(package)) == []
    assert ids(index(old, gone).match(package)) == ids(index(gone, old).match(package)) == []


def test_distributions_are_matched_by_source_package_and_its_version():
    made = index(record("DSA-1", "Debian:12", "openssl", introduced="0", fixed="3.0.11-1"))

    assert ids(made.match(Package("Debian:12", "libssl3", "3.0.9-1", source="openssl"))) == ["DSA-1"]
    assert ids(made.match(Package("Debian:12", "libssl3", "9", source="openssl", source_version="3.0.9-1"))) == [
        "DSA-1"
    ]
    assert ids(made.match(Package("Debian:12", "openssl", "3.0.9-1"))) == ["DSA-1"]
    assert ids(made.match(Package("Debian:12", "openssl", "3.0.9-1", source="other"))) == []


@pytest.mark.parametrize(
    ("said", "installed", "is_same"),
    [
        ("Debian:12", "Debian:12.5", True),
        ("Debian:12", "Debian:11", False),
        ("Debian", "Debian:11", True),
        ("Ubuntu:22.04:LTS", "Ubuntu:22.04", True),
        ("Ubuntu:Pro:22.04:LTS", "Ubuntu:22.04", False),
        ("Alpine:v3.19", "alpine:3.19.1", True),
        ("AlmaLinux:9", "AlmaLinux:9.3", True),
        ("Red Hat:enterprise_linux:9::baseos", "Red Hat:enterprise_linux:9", True),
        ("Maven", "Maven:https://maven.google.com", True),
    ],
)
def test_releases_are_told_apart(said, installed, is_same):
    made = index(record("A", said, "a", introduced="0"), record("B", installed, "b", introduced="0"))

    assert ids(made.match(Package(installed, "a", "1"))) == (["A"] if is_same else [])


def test_names_are_compared_as_the_ecosystem_does():
    made = index(
        record("A", "PyPI", "flask-sqlalchemy", introduced="0"), record("B", "npm", "JSONStream", introduced="0")
    )

    assert ids(made.match(Package("PyPI", "Flask_SQLAlchemy", "1"))) == ["A"]
    assert ids(made.match(Package("npm", "jsonstream", "1"))) == []


def test_what_could_not_be_judged_is_never_an_empty_answer():
    made = index(
        record("A", "Debian:12", "a", introduced="0"),
        record("B", "npm", "git-only", kind="GIT", introduced="0", fixed="abc"),
        record("C", "npm", "wrong", introduced="0", fixed="not a version"),
        record("D", "npm", "fine", introduced="0", fixed="1"),
        record("E", "Nope", "a", introduced="0", fixed="3", versions=["1"]),
        record("F", "Nope", "always", introduced="0"),
    )

    def said(*package):
        found = made.match(Package(*package))
        return ids(found), *causes(found)

    assert "no release" in said("Debian", "a", "1")[1]
    assert "no advisory is about" in said("Debian:13", "a", "1")[1]
    assert "no advisory is about" in said("Hex", "a", "1")[1]
    assert "commits" in said("npm", "git-only", "1")[1]
    assert "cannot order" in said("npm", "wrong", "1")[1]
    assert "cannot be ordered" in said("npm", "fine", "latest")[1]
    assert said("Nope", "a", "1") == (["E"],)
    assert "not known" in said("Nope", "a", "2")[1]
    assert said("Nope", "always", "2") == (["F"],)
    assert said("npm", "never heard of", "latest") == ([],)


def test_a_package_without_a_release_is_judged_by_what_is_about_all_releases():
    everywhere = record("A", "AlmaLinux", "a", introduced="0")
    package = Package("AlmaLinux", "a", "1-1")
    found = index(everywhere, record("B", "AlmaLinux:9", "a", introduced="0")).match(package)

    assert index(everywhere).match(package) == found[:1]
    assert (ids(found), len(causes(found))) == (["A"], 1)


def test_a_gap_of_a_whole_ecosystem_is_told_once():
    packages = [Package("Hex", name, "1") for name in "abc"]

    assert len(list(index(record("A")).matches(packages))) == 1


def test_an_index_for_some_packages_says_of_them_what_the_whole_says():
    records = [record(name, "PyPI", f"Pack_{name}", introduced="0", fixed="2") for name in "abc"]
    packages = [Package("PyPI", "pack-b", "1"), Package("PyPI", "other", "1")]

    assert list(index(*records, only=packages).matches(packages)) == list(index(*records).matches(packages))
    assert len(index(*records, only=packages)) == 3
    assert index(*records, only=packages).ranges == 1


def literally(events, version):
    """The schema's own algorithm: walk the events in order of version."""
    order = place("npm").key
    is_affected = False
    key = order(version)
    for kind, at in sorted(
        events,
        key=lambda event: (b"" if event == ("introduced", "0") else order(event[1]), event[0] == "last_affected"),
    ):
        low = b"" if (kind, at) == ("introduced", "0") else order(at)
        if kind == "introduced" and key >= low:
            is_affected = True
        if (kind == "fixed" and key >= low) or (kind == "last_affected" and key > low):
            is_affected = False
    return is_affected


VERSION = st.sampled_from(["0", "1", "1.1", "2", "2-rc", "3", "10"])


@given(
    events=st.lists(st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), VERSION), max_size=6),
    version=VERSION,
)
def test_intervals_are_what_the_schemas_algorithm_says(events, version):
    affected = {
        "package": {"ecosystem": "npm", "name": "a"},
        "ranges": [{"type": "SEMVER", "events": [{kind: at} for kind, at in events]}],
    }
    made = index(msgspec.convert({"id": "A", "affected": [affected]}, Advisory))

    assert ids(made.match(Package("npm", "a", version))) == (["A"] if literally(events, version) else [])


def test_naughty_strings_are_data_wherever_they_stand():
    naughty = json.loads((shared("naughty_strings") / "blns.json").read_bytes())
    made, packages = Index(), []
    for at, text in enumerate(naughty):
        made.add(record(f"{text}{at}", "npm", text or "x", versions=[text], introduced=text, fixed=naughty[at - 1]))
        packages += [Package("npm", text or "x", text or "1"), Package(text, text, text)]
    found = list(made.matches(packages))

    assert {each.package.name for each in found if isinstance(each, Match)} >= {
        text for text in naughty if text.strip()
    }


def test_records_of_other_publishers_are_read_and_judged_whole(tmp_path):
    """Ubuntu's, AlmaLinux's and Rocky Linux's: every range has its order, and a fix is the end of it."""
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / "tests" / "unit" / "providers"
    folders = [folder / "alma", folder / "rocky", folder / "ubuntu" / "test-fixtures" / "osv"]
    advisories = list(read_advisories([each for each in folders if each.exists()]))
    made = index(*advisories)
    fixed, unfixed = [], []
    for each in (each for advisory in advisories if not advisory.withdrawn for each in advisory.affected):
        for event in (event for range_ in each.ranges or () for event in range_.events if event.fixed):
            found = made.match(Package(each.package.ecosystem, each.package.name, event.fixed))
            fixed += [(each, match) for match in found if getattr(match, "fixed", "") == event.fixed]
            found = made.match(Package(each.package.ecosystem, each.package.name, event.fixed + "~"))
            unfixed.append(any(getattr(match, "fixed", "") == event.fixed for match in found))
    assert len(advisories) > 10
    assert fixed == []
    assert unfixed
    assert all(unfixed)
    assert causes(made.matches([Package("Ubuntu:20.04", "wayland", "1.17.0-1")])) == []
    assert "UBUNTU-CVE-2021-3782" in ids(
        made.match(Package("Ubuntu:20.04", "libwayland-bin", "1.17.0-1", source="wayland"))
    )
