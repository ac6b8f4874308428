import json

import pytest
from tests.shared_data import shared, unpack

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.advisories.debian_tracker import debian_tracker
from nephoscope.scan.matcher import Index

FOLDER = "tests/unit/providers/debian/test-fixtures"


def read(content):
    found = list(debian_tracker.read(content if isinstance(content, bytes) else json.dumps(content).encode(), "t.json"))
    return [each for each in found if isinstance(each, Advisory)], [each for each in found if isinstance(each, Gap)]


def tracker(**releases):
    return {"openssl": {"CVE-1": {"releases": releases}}}


def matches(content, release, version):
    index = Index()
    for advisory in read(content)[0]:
        index.add(advisory)
    found = index.match(Package(f"Debian:{release}", "libssl3", version, source="openssl"))
    return [getattr(each, "fixed", None) if not isinstance(each, Gap) else each.cause for each in found]


def test_real_issues_have_the_fixed_versions_that_another_reader_finds(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    content = (folder / "input" / "debian.json").read_bytes()
    advisories, gaps = read(content)
    ours = {
        (each.package.ecosystem.lower(), advisory.upstream[0], each.package.name, fix_of(each))
        for advisory in advisories
        for each in advisory.affected
    }
    theirs = set()
    for file in (folder / "snapshots").glob("*/*.json"):
        vulnerability = json.loads(file.read_bytes())["item"]["Vulnerability"]
        for fix in vulnerability["FixedIn"]:
            known = fix["NamespaceName"], vulnerability["Name"], fix["Name"], fix["Version"]
            theirs |= {known} if fix["Version"] != "0" else set()  # 0: never affected
    there = json.loads(content)  # Debian 7, and one package of Debian 10, come of other files
    assert {each for each in theirs if each[0] != "debian:7" and each[2] in there} == ours
    assert [gap.subject.rpartition(": ")[2] for gap in gaps] == ["chromium-browser CVE-2022-0358"]


def fix_of(affected):
    return next((event.fixed for event in affected.ranges[0].events if event.fixed), "None")


def test_each_state_means_what_the_tracker_says():
    content = tracker(
        bookworm={"status": "resolved", "fixed_version": "3.0-2", "urgency": "high**"},
        bullseye={"status": "resolved", "fixed_version": "0", "urgency": "low"},
        trixie={"status": "open", "urgency": "unimportant", "nodsa": "Minor issue"},
        sid={"status": "undetermined", "urgency": "not yet assigned"},
    )
    assert matches(content, "12", "3.0-1") == ["3.0-2"]
    assert matches(content, "12.5", "3.0-2") == []
    assert matches(content, "13", "9") == [""]
    assert "names no versions" in matches(content, "unstable", "1")[0]
    assert [each.package.ecosystem for each in read(content)[0][0].affected] == [
        "Debian:12",
        "Debian:13",
        "Debian:unstable",
    ]


def test_a_release_that_is_not_known_is_named_and_the_others_are_read():
    advisories, [gap] = read(tracker(zurg={"status": "open"}, bookworm={"status": "open"}))

    assert len(advisories[0].affected) == 1
    assert gap.subject == "t.json: zurg"


def test_an_issue_that_is_none_is_named_and_the_next_is_read():
    content = {
        "a": {"CVE-1": {"releases": []}, "CVE-2": {"releases": {"sid": {"status": "open"}}}},
        "b": 7,
        "c": {"CVE-2": {"releases": {"sid": {"status": "open"}}}},
    }
    [advisory], gaps = read(content)

    assert [each.package.name for each in advisory.affected] == ["a", "c"]
    assert [gap.subject for gap in gaps] == ["t.json: a CVE-1", "t.json: b"]


@pytest.mark.parametrize(
    ("release", "state"),
    [
        ({"nodsa": "Minor issue", "nodsa_reason": "ignored"}, "will not fix"),
        ({"nodsa": "Minor issue", "nodsa_reason": "postponed"}, "deferred"),
        ({"nodsa": "Minor issue", "nodsa_reason": ""}, ""),
        ({"nodsa_reason": None}, ""),
        ({"urgency": "end-of-life"}, "end of life"),
    ],
)
def test_what_debian_will_do_is_kept(release, state):
    index = Index()
    for advisory in read(tracker(bookworm={"status": "open"} | release))[0]:
        index.add(advisory)
    [match] = index.match(Package("Debian:12", "libssl3", "3.0-1", source="openssl"))

    assert (match.fixed, match.state) == ("", state)
