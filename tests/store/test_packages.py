from datetime import timedelta

from tests.store.samples import NOON

from nephoscope.model.package import Package
from nephoscope.store.packages import (
    Target,
    Vulnerability,
    all_packages,
    count_packages,
    drop_look,
    drop_vulnerabilities,
    get_look,
    id_of,
    ids_of,
    list_looks,
    mark_judged,
    mark_told,
    packages_of,
    put_look,
    put_vulnerabilities,
    sets_with,
    targets_with,
    unjudged_packages,
    untell,
    vulnerabilities_of,
)

OPENSSL = Package("Debian:12", "libssl3", "3.0.11-1", source="openssl", purl="pkg:deb/debian/libssl3@3.0.11-1")
ZLIB = Package("Debian:12", "zlib1g", "1:1.2.13")
HOSTILE = Package("PyPI", "a\x1f'; DROP TABLE packages; --", "1\ud800")
ONE, TWO = Target("AWS::EC2::Instance", "i-1", "1", "eu-west-1"), Target("AWS::EC2::Instance", "i-2", "1", "eu-west-1")


def said(package, advisory="CVE-1", feed="debian", fixed="3.0.12"):
    return id_of(package), Vulnerability(package, advisory, feed, ("DSA-1",), fixed, "high", NOON)


def test_a_package_version_is_kept_once_whoever_has_it(ledger):
    with ledger.write() as connection:
        put_look(connection, ONE, [OPENSSL, ZLIB], "agent", NOON)
        put_look(connection, TWO, [ZLIB, OPENSSL], "agent", NOON)
        assert count_packages(connection) == {
            "targets": 2,
            "sets": 1,
            "packages": 2,
            "vulnerabilities": 0,
            "unjudged": 2,
        }
        one, two = list_looks(connection)
        assert one.digest == two.digest
        assert sorted(ids_of(connection, one.digest)) == sorted(map(id_of, (OPENSSL, ZLIB)))


def test_a_package_comes_back_as_it_was_but_for_what_does_not_decide(ledger):
    with ledger.write() as connection:
        put_look(connection, ONE, [OPENSSL], "agent", NOON)
        assert packages_of(connection, [id_of(OPENSSL)]) == {
            id_of(OPENSSL): Package("Debian:12", "libssl3", "3.0.11-1", source="openssl")
        }


def test_hostile_names_are_stored_and_harm_nothing(ledger):
    with ledger.write() as connection:
        put_look(connection, ONE, [HOSTILE, ZLIB], "agent", NOON)
        assert len(all_packages(connection)) == 2


def test_an_older_look_changes_nothing(ledger):
    with ledger.write() as connection:
        new = put_look(connection, ONE, [OPENSSL], "agent", NOON)
        assert put_look(connection, ONE, [], "snapshot", NOON - timedelta(hours=1)) == new


def test_a_look_that_saw_not_all_takes_nothing_away(ledger):
    with ledger.write() as connection:
        put_look(connection, ONE, [OPENSSL], "agent", NOON)
        look = put_look(connection, ONE, [ZLIB], "agent", NOON + timedelta(1), "rpm: the database is damaged")
        assert len(ids_of(connection, look.digest)) == 2
        assert get_look(connection, ONE).cause == "rpm: the database is damaged"
        look = put_look(connection, ONE, [ZLIB], "agent", NOON + timedelta(2))
        assert list(ids_of(connection, look.digest)) == [id_of(ZLIB)]


def test_vulnerabilities_follow_from_the_sets(ledger):
    with ledger.write() as connection:
        look = put_look(connection, ONE, [OPENSSL, ZLIB], "agent", NOON)
        put_look(connection, TWO, [ZLIB], "agent", NOON)
        put_vulnerabilities(connection, [said(OPENSSL), said(OPENSSL, feed="osv")])
        found = vulnerabilities_of(connection, ids_of(connection, look.digest))
        assert [(each.advisory, each.feed, each.fixed, each.aliases) for _, each in found] == [
            ("CVE-1", "debian", "3.0.12", ("DSA-1",)),
            ("CVE-1", "osv", "3.0.12", ("DSA-1",)),
        ]
        assert targets_with(connection, [id_of(OPENSSL), id_of(ZLIB)]) == {
            id_of(OPENSSL): [ONE],
            id_of(ZLIB): sorted([ONE, TWO], key=lambda one: one.key),
        }
        assert sets_with(connection, [id_of(OPENSSL)]) == [look.digest]


def test_what_a_feed_says_no_more_is_taken_back_and_no_other_s(ledger):
    with ledger.write() as connection:
        put_vulnerabilities(connection, [said(OPENSSL), said(ZLIB), said(OPENSSL, feed="osv")])
        put_look(connection, ONE, [OPENSSL, ZLIB], "agent", NOON)
        gone = drop_vulnerabilities(connection, "debian", [(id_of(ZLIB), "CVE-1")])
        assert gone == {id_of(OPENSSL)}
        left = vulnerabilities_of(connection, [id_of(OPENSSL), id_of(ZLIB)])
        assert {(each.package.name, each.feed) for _, each in left} == {("zlib1g", "debian"), ("libssl3", "osv")}


def test_what_is_known_keeps_when_it_was_found(ledger):
    with ledger.write() as connection:
        put_look(connection, ONE, [OPENSSL], "agent", NOON)
        put_vulnerabilities(connection, [said(OPENSSL)])
        number, later = said(OPENSSL, fixed="3.0.13")
        put_vulnerabilities(connection, [(number, Vulnerability(**{**vars(later), "found_at": NOON + timedelta(9)}))])
        [(_, found)] = vulnerabilities_of(connection, [number])
        assert (found.fixed, found.found_at) == ("3.0.13", NOON)


def test_packages_wait_until_they_are_judged_and_looks_until_they_are_told(ledger):
    with ledger.write() as connection:
        look = put_look(connection, ONE, [OPENSSL], "agent", NOON)
        assert list(unjudged_packages(connection, 10)) == [id_of(OPENSSL)]
        mark_judged(connection, [id_of(OPENSSL)])
        assert unjudged_packages(connection, 10) == {}
        assert list_looks(connection, untold=True) == [look]
        mark_told(connection, look)
        assert list_looks(connection, untold=True) == []
        untell(connection, [look.digest])
        assert [each.target for each in list_looks(connection, untold=True)] == [ONE]
        newer = put_look(connection, ONE, [ZLIB], "agent", NOON + timedelta(1))
        mark_told(connection, look)  # who was telling the older set must not hide the newer one
        assert [each.digest for each in list_looks(connection, untold=True)] == [newer.digest]
        drop_look(connection, ONE)
        assert list_looks(connection) == []
