"""Vulnerabilities, targets and feeds are listed within scope."""

import pytest
from tests.portal.conftest import NOW, ONE, TWO
from tests.portal.serving import browser_of

from nephoscope.model.package import Package
from nephoscope.store.advisory_feeds import Feed, put_feed
from nephoscope.store.packages import Target, Vulnerability, id_of, put_look, put_vulnerabilities
from nephoscope.store.surroundings import replace_surroundings

OPENSSL = Package("Debian:12", "libssl3", "3.0.11-1", source="openssl")
EVIL = Package("PyPI", "<script>alert(1)</script>", "=1+1")


@pytest.fixture(autouse=True)
def known(portal):
    """One vulnerability in either account, and one in one of them only."""
    with portal.ledger.write() as connection:
        put_feed(connection, Feed("debian", "d.jsonl.gz", "aa", 3, "2026-05-01", NOW))
        put_look(connection, Target("AWS::EC2::Instance", "i-1", ONE, "eu-west-1"), [OPENSSL, EVIL], "agent", NOW)
        put_look(connection, Target("AWS::EC2::Instance", "i-2", TWO, "eu-west-1"), [OPENSSL], "agent", NOW, "damaged")
        found = [(OPENSSL, "CVE-1", "3.0.12", "critical"), (EVIL, "CVE-2", "", "unknown")]
        put_vulnerabilities(
            connection,
            [
                (id_of(each), Vulnerability(each, name, "debian", (), fixed, word, NOW))
                for each, name, fixed, word in found
            ],
        )


def test_the_gravest_come_first_with_how_many_have_them(viewer):
    first, second = viewer.get("vulnerabilities").json()["items"]
    assert (first["vulnerability"], first["severity"], first["targets"], first["on"]) == (
        "CVE-1",
        "critical",
        2,
        ["i-1", "i-2"] if first["on"][0] == "i-1" else ["i-2", "i-1"],
    )
    assert (second["package"], second["severity"], second["is_rated"], second["has_fix"]) == (
        "<script>alert(1)</script>",
        "medium",
        False,
        False,
    )


def test_they_are_searched_and_counted(viewer):
    found = viewer.get("vulnerabilities", q="has_fix:true severity>=high").json()
    assert [row["vulnerability"] for row in found["items"]] == ["CVE-1"]
    facets = {each["field"]: each["values"] for each in viewer.get("vulnerabilities/facets").json()["facets"]}
    assert {each["value"]: each["count"] for each in facets["ecosystem"]} == {"Debian:12": 1, "PyPI": 1}


def test_of_many_that_have_it_each_is_found_though_some_are_shown(viewer, portal):
    with portal.ledger.write() as connection:
        for number in range(100):
            put_look(connection, Target("AWS::EC2::Instance", f"i-{100 + number}", ONE), [OPENSSL], "agent", NOW)
    portal.cache.clear()
    for target in ("i-1", "i-100", "i-199"):
        [row] = viewer.get("vulnerabilities", q=f"on:{target} package:libssl3").json()["items"]
        assert (row["targets"], len(row["on"])) == (102, 50)
    assert viewer.get("vulnerabilities", q="on:i-300").json()["total"] == 0


def test_names_with_spaces_are_rows_of_their_own(viewer, portal):
    alike = [Package("PyPI", "a b", "c"), Package("PyPI", "a", "b c")]
    with portal.ledger.write() as connection:
        put_look(connection, Target("AWS::EC2::Instance", "i-9", ONE), alike, "agent", NOW)
        told = [(id_of(each), Vulnerability(each, "CVE-9", "debian", (), "", "low", NOW)) for each in alike]
        put_vulnerabilities(connection, told)
    portal.cache.clear()
    first = viewer.get("vulnerabilities", q="vulnerability:CVE-9", limit=1, sort="severity").json()
    second = viewer.get(
        "vulnerabilities", q="vulnerability:CVE-9", limit=1, sort="severity", cursor=first["next"]
    ).json()
    assert {row["package"] for row in first["items"] + second["items"]} == {"a", "a b"}


def test_what_lies_out_of_scope_is_neither_shown_nor_counted(viewer, portal):
    mine = browser_of(portal, "Tom Two", "viewer", accounts=(TWO,))
    [row] = mine.get("vulnerabilities").json()["items"]
    assert (row["targets"], row["on"]) == (1, ["i-2"])
    [target] = mine.get("targets").json()["items"]
    assert (target["target"], target["critical"], target["cause"]) == ("i-2", 1, "damaged")
    assert len(viewer.get("targets").json()["items"]) == 2


def test_packages_are_listed_by_what_an_upgrade_ends(viewer, portal):
    first, second = viewer.get("packages").json()["items"]
    assert (first["package"], first["fixed"], first["critical"], first["targets"]) == ("libssl3", "3.0.12", 1, 2)
    assert (second["package"], second["has_fix"]) == (EVIL.name, False)
    assert [row["package"] for row in viewer.get("packages", q="has_fix:true").json()["items"]] == ["libssl3"]
    mine = browser_of(portal, "Tom Two", "viewer", accounts=(TWO,))
    assert [(row["package"], row["on"]) for row in mine.get("packages").json()["items"]] == [("libssl3", ["i-2"])]


def test_feeds_say_whether_all_was_matched(viewer):
    [feed] = viewer.get("advisories").json()["items"]
    assert (feed["name"], feed["advisories"], feed["is_matched"]) == ("debian", 3, False)


def test_an_export_holds_no_formula(viewer):
    text = viewer.get("vulnerabilities/export", columns="package,version").text
    assert "'=1+1" in text


def place(portal, target, word):
    names = ("exposure", "use", "privilege", "criticality")
    with portal.ledger.write() as connection:
        replace_surroundings(connection, {target.key: dict.fromkeys(names, ("", "x")) | {"exposure": (word, "shown")}})


def test_they_are_searched_by_what_was_judged_within_scope(viewer, portal):
    place(portal, Target("AWS::EC2::Instance", "i-1", ONE, "eu-west-1"), "internet")
    [row] = viewer.get("vulnerabilities", q="priority>50 kev=false exposure=internet severity>=high").json()["items"]
    assert (row["vulnerability"], row["due_why"]) == ("CVE-1", "urgent: 7 days")
    assert [each["source"] for each in row["factors"] if each["name"] == "exposure"] == ["shown"]
    assert viewer.get("vulnerabilities", q="due<2020-01-01").json()["items"] == []
    for sort in ("priority", "-priority", "due", "-epss"):
        assert len(viewer.get("vulnerabilities", sort=sort).json()["items"]) == 2
    [mine] = browser_of(portal, "Tom Two", "viewer", accounts=(TWO,)).get("vulnerabilities").json()["items"]
    assert mine["exposure"] == "unknown"  # i-1, which is in reach, is none of theirs
