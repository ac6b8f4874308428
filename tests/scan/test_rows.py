from datetime import UTC, datetime

from nephoscope.model.package import Package
from nephoscope.scan.judge import Judge
from nephoscope.scan.priority import Said, Surroundings
from nephoscope.scan.rows import by_package, by_target, by_vulnerability, counted
from nephoscope.store.packages import Look, Target, Vulnerability

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, TWO = Target("image", "a"), Target("image", "b")
OPENSSL, ZLIB = Package("Debian:12", "openssl", "3.0"), Package("Debian:12", "zlib1g", "1.2")


def said(package, advisory, severity="high", fixed="", aliases=(), feed="debian"):
    return Vulnerability(package, advisory, feed, aliases, fixed, severity, NOON)


CHOSEN = [
    (1, said(OPENSSL, "DSA-1", "high", "3.1", ("CVE-1",))),
    (1, said(OPENSSL, "GHSA-1", "critical", "3.0.9", ("CVE-1",), "github")),
    (1, said(OPENSSL, "CVE-2", "low")),
    (2, said(ZLIB, "CVE-3", "unknown")),
]
HELD = {1: [ONE], 2: [ONE, TWO]}


def test_advisories_of_one_cve_are_one_row_as_grave_as_the_gravest():
    rows = by_vulnerability(CHOSEN, HELD, {"debian": "2026-05-01"})
    assert [(row["vulnerability"], row["severity"], row["targets"]) for row in rows] == [
        ("CVE-1", "critical", 1),
        ("CVE-3", "unknown", 2),
        ("CVE-2", "low", 1),
    ]
    assert (rows[0]["fixed"], rows[0]["feeds"]) == ("3.0.9, 3.1", ["debian", "github"])
    assert rows[0]["feed_dates"] == {"debian": "2026-05-01", "github": ""}


def test_a_package_says_what_an_upgrade_mends():
    first, second = by_package(CHOSEN, HELD)
    assert (first["package"], first["critical"], first["vulnerabilities"], first["fixed"]) == (
        "openssl",
        1,
        2,
        "3.0.9, 3.1",
    )
    assert (second["package"], second["on"]) == ("zlib1g", ["a", "b"])


def test_every_target_has_a_row_also_a_clean_one():
    looks = [
        Look(target, "agent", "d", NOON, cause) for target, cause in ((ONE, ""), (TWO, "x"), (Target("image", "c"), ""))
    ]
    rows = by_target(CHOSEN, HELD, looks)
    assert [(row["target"], row["critical"], row["vulnerabilities"], row["cause"]) for row in rows] == [
        ("a", 1, 3, ""),
        ("b", 0, 1, "x"),
        ("c", 0, 0, ""),
    ]


def test_each_vulnerability_counts_once_by_its_gravest_word():
    counts = counted([each for _, each in CHOSEN])
    assert (counts["critical"], counts["high"], counts["low"], counts["unknown"], counts["vulnerabilities"]) == (
        1,
        0,
        1,
        1,
        3,
    )


def test_the_worst_place_that_holds_a_package_decides_its_row():
    open_ = Surroundings(Said("internet", "i"), *([Said("", "x")] * 3))
    rows = {row["vulnerability"]: row for row in by_vulnerability(CHOSEN, HELD, {}, Judge(), {2: open_})}
    assert (rows["CVE-1"]["exposure"], rows["CVE-3"]["exposure"]) == ("unknown", "internet")
    assert rows["CVE-3"]["priority_least"] < rows["CVE-3"]["priority"] < rows["CVE-3"]["priority_most"]
