import gzip
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
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
        ("Ubuntu:Pro:FIPS:22.04:LTS", "Ubuntu:22.04", False),
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


def asking(id, ecosystem, name, fixed, **specific):
    found = record(id, ecosystem, name, introduced="0", **({"fixed": fixed} if fixed else {}))
    [affected] = found.affected
    return replace(found, affected=[replace(affected, ecosystem_specific=specific)])


MODULAR = "1:16.20.2-1.module+el8.8.0+1"


def test_a_package_of_a_module_is_matched_by_its_own_stream():
    made = index(
        asking("A16", "Red Hat:8", "nodejs", "1:16.20.3-1.module+el8.8.0+2", module="nodejs:16"),
        asking("A18", "Red Hat:8", "nodejs", "1:18.17.1-1.module+el8.8.0+2", module="nodejs:18"),
        record("PLAIN", "Red Hat:8", "nodejs", introduced="0", fixed="1:20.1-1.el8"),
    )

    assert ids(made.match(Package("Red Hat:8", "nodejs", MODULAR, module="nodejs:16"))) == ["A16"]
    assert ids(made.match(Package("Red Hat:8", "nodejs", "1:10.1-1.el8"))) == ["PLAIN"]
    unknown = made.match(Package("Red Hat:8", "nodejs", MODULAR))
    assert ids(unknown) == ["PLAIN"]
    assert [each.cause for each in unknown if isinstance(each, Gap)] == [
        "A16 cannot be judged: is of a module, and which stream of it was not told",
        "A18 cannot be judged: is of a module, and which stream of it was not told",
    ]


def test_a_binary_name_is_asked_where_advisories_name_source_packages():
    made = index(
        asking("BINARY", "SUSE:Linux Enterprise Server 15", "krb5-client", "1.15.2-4.25", package="binary"),
        record("SOURCE", "SUSE:Linux Enterprise Server 15", "krb5", introduced="0", fixed="1.15.2-9"),
    )
    client = Package("SUSE:Linux Enterprise Server 15", "krb5-client", "1.15.2-4.1", source="krb5")

    assert ids(made.match(client)) == ["BINARY", "SOURCE"]
    assert ids(made.match(Package("SUSE:Linux Enterprise Server 15", "krb5", "1.15.2-4.1"))) == ["SOURCE"]


def test_a_source_name_is_asked_where_advisories_name_binary_packages():
    made = index(asking("SOURCE", "Red Hat:9", "openssl", None, package="source", state="will not fix"))
    [match] = made.match(Package("Red Hat:9", "openssl-libs", "1:3.0.7-1.el9", source="openssl"))

    assert (match.advisory, match.fixed, match.state) == ("SOURCE", "", "will not fix")
    assert made.match(Package("Red Hat:9", "openssl-ibmca", "1-1.el9")) == []


def test_a_publisher_that_leaves_epochs_out_is_compared_without():
    made = index(asking("A", "Amazon Linux:2", "bind", "9.11.4-2.amzn2", epoch="none"))

    assert ids(made.match(Package("Amazon Linux:2", "bind", "32:9.11.4-1.amzn2"))) == ["A"]
    assert ids(made.match(Package("Amazon Linux:2", "bind", "32:9.11.4-2.amzn2"))) == []


def test_a_fix_for_subscribers_is_told_to_those_who_are_none():
    esm = record("U", "Ubuntu:Pro:16.04:LTS", "netty", introduced="0", fixed="1:4.0.34-1ubuntu0.1~esm2")
    made = index(esm)

    [match] = made.match(Package("Ubuntu:16.04", "netty", "1:4.0.34-1"))
    assert (match.fixed, match.state) == ("1:4.0.34-1ubuntu0.1~esm2", "subscription")
    assert made.match(Package("Ubuntu:16.04", "netty", "1:4.0.34-1ubuntu0.1~esm2")) == []
    [subscriber] = made.match(Package("Ubuntu:Pro:16.04", "netty", "1:4.0.34-1"))
    assert (subscriber.fixed, subscriber.state) == ("1:4.0.34-1ubuntu0.1~esm2", "")


@pytest.mark.parametrize(("fixed", "found"), [("2", ("2", "")), (None, ("2~esm1", "subscription"))])
def test_a_fix_for_everybody_goes_before_one_for_subscribers(fixed, found):
    general = record("U", "Ubuntu:16.04:LTS", "a", introduced="0", **({"fixed": fixed} if fixed else {}))
    paid = record("U", "Ubuntu:Pro:16.04:LTS", "a", introduced="0", fixed="2~esm1")
    made = index(replace(general, affected=[*general.affected, *paid.affected]))

    [match] = made.match(Package("Ubuntu:16.04", "a", "1"))
    assert (match.fixed, match.state) == found


def test_only_what_is_asked_for_is_kept_by_each_of_its_names():
    wanted = Package("SUSE:Linux Enterprise Server 15", "krb5-client", "1", source="krb5")
    made = Index([wanted])
    made.add(asking("A", "SUSE:Linux Enterprise Server 15", "krb5-client", "2", package="binary"))
    made.add(asking("B", "SUSE:Linux Enterprise Server 15", "krb5-server", "2", package="binary"))

    assert ids(made.match(wanted)) == ["A"]
    assert made.ranges == 1
