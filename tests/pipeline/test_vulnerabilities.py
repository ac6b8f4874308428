import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.store.samples import NOON

from nephoscope.keep import Stores
from nephoscope.model.finding import Severity
from nephoscope.model.package import Package
from nephoscope.pipeline.vulnerabilities import Vulnerabilities
from nephoscope.store.advisory_feeds import Feed, list_feeds, put_feed
from nephoscope.store.exploitation import exploitation
from nephoscope.store.finding_list import FindingFilter, list_findings
from nephoscope.store.fleet import Host, HostTable, put_host, put_table
from nephoscope.store.gaps import list_gaps
from nephoscope.store.ledger import open_ledger
from nephoscope.store.packages import Target, count_packages, put_look

OPENSSL = Package("Debian:12", "libssl3", "3.0.11-1", source="openssl")
HOST = Target("AWS::EC2::Instance", "i-1", "1", "eu-west-1")


class Told:
    def __init__(self):
        self.findings, self.gaps = [], []

    def found(self, finding):
        self.findings.append(finding.title)

    def cannot_see(self, gap):
        self.gaps.append(gap)

    def sees_again(self, gap): ...


@pytest.fixture
def arrow(tmp_path):
    """The arrow over a fresh ledger, and a folder for feeds."""
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        made = Vulnerabilities(Stores(None, ledger, Told()), tmp_path, Severity.MEDIUM)
        made.watched_at = datetime.now(UTC)  # ages have tests of their own
        yield made


def advisory(id_, fixed, name="openssl", **others):
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    affected = [
        {"package": {"ecosystem": "Debian:12", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    ]
    return {"id": id_, "modified": "2026-01-01T00:00:00Z", "affected": affected, "severity": [], **others}


def feed(arrow, *records, name="debian"):
    text = "\n".join(map(json.dumps, records))
    (arrow.folder / f"{name}.jsonl").write_text(text)
    with arrow.stores.ledger.write() as connection:
        put_feed(connection, Feed(name, f"{name}.jsonl", str(hash(text)), len(records), "2026-01-01", NOON))


def look(arrow, *packages, target=HOST, hours=0):
    with arrow.stores.ledger.write() as connection:
        put_look(connection, target, packages, "agent", NOON + timedelta(hours=hours))


def found(arrow, *status):
    with arrow.stores.ledger.read() as connection:
        return {each.finding.rule: each for each in list_findings(connection, FindingFilter(status=status))}


def test_packages_met_with_advisories_are_findings_of_their_target(arrow):
    feed(arrow, advisory("CVE-2026-1", "3.0.12-1"), advisory("CVE-2026-2", "3.0.10-1"))
    look(arrow, OPENSSL)
    assert not arrow.round()
    [stored] = found(arrow, "open").values()
    assert stored.finding.title == "CVE-2026-1 in openssl 3.0.11-1"
    assert (stored.finding.resource.id, stored.finding.resource.account) == ("i-1", "1")
    assert arrow.stores.listener.findings == ["CVE-2026-1 in openssl 3.0.11-1"]
    arrow.round()
    assert found(arrow, "open")["CVE-2026-1"] == stored


def test_a_new_advisory_finds_what_was_looked_at_before(arrow):
    look(arrow, OPENSSL)
    feed(arrow, advisory("CVE-2026-2", "3.0.10-1"))
    arrow.round()
    assert found(arrow) == {}
    feed(arrow, advisory("CVE-2026-1", ""), name="other")
    arrow.round()
    assert list(found(arrow, "open")) == ["CVE-2026-1"]


def test_an_upgrade_proves_it_fixed_and_a_downgrade_opens_it_again(arrow):
    feed(arrow, advisory("CVE-2026-1", "3.0.12-1"))
    look(arrow, OPENSSL)
    arrow.round()
    look(arrow, Package("Debian:12", "libssl3", "3.0.12-1", source="openssl"), hours=1)
    arrow.round()
    assert "latest look" in found(arrow, "resolved")["CVE-2026-1"].resolved_why
    look(arrow, OPENSSL, hours=2)
    arrow.round()
    assert list(found(arrow, "open")) == ["CVE-2026-1"]


@pytest.mark.parametrize(
    ("running", "said"), [("6.1.0-17-amd64", "running"), ("6.1.0-18-amd64", "installed, not running")]
)
def test_a_kernel_that_does_not_run_is_told_as_such(arrow, running, said):
    feed(arrow, advisory("CVE-2026-1", "6.1.76-1", name="linux"))
    with arrow.stores.ledger.write() as connection:
        put_host(connection, Host("h-1", "a-1", "s", "enrolled", NOON, instance="i-1"))
        put_table(connection, HostTable("h-1", "os", "d", [{"kernel": running}], NOON))
    look(arrow, Package("Debian:12", "linux-image-6.1.0-17-amd64", "6.1.69-1", source="linux"))
    arrow.round()

    [stored] = found(arrow, "open").values()
    assert stored.finding.reason == f"linux 6.1.69-1: fixed in 6.1.76-1; of this kernel: {said}"
    assert (stored.finding.detail["kernel"], stored.finding.detail["running_kernel"]) == (said, running)


def test_an_advisory_that_is_withdrawn_ends_its_findings(arrow):
    feed(arrow, advisory("CVE-2026-1", ""))
    look(arrow, OPENSSL)
    arrow.round()
    feed(arrow, advisory("CVE-2026-1", "", withdrawn="2026-02-01T00:00:00Z"))
    arrow.round()
    assert list(found(arrow, "resolved")) == ["CVE-2026-1"]


def test_a_look_that_failed_resolves_nothing(arrow):
    feed(arrow, advisory("CVE-2026-1", ""))
    look(arrow, OPENSSL)
    arrow.round()
    with arrow.stores.ledger.write() as connection:
        put_look(connection, HOST, [], "agent", NOON + timedelta(1), "the package database is damaged")
    arrow.round()
    assert list(found(arrow, "open")) == ["CVE-2026-1"]


def test_packages_without_any_advisory_are_a_gap_and_not_clean(arrow):
    look(arrow, OPENSSL)
    arrow.round()
    with arrow.stores.ledger.read() as connection:
        assert [each.gap.area for each in list_gaps(connection)] == ["advisories"]
        assert count_packages(connection)["unjudged"] == 1
    feed(arrow, advisory("CVE-2026-1", ""))
    arrow.round()
    with arrow.stores.ledger.read() as connection:
        assert list_gaps(connection) == []
        assert count_packages(connection)["unjudged"] == 0


def test_a_record_that_cannot_be_read_is_a_gap_until_it_can_and_the_rest_is_matched(arrow):
    look(arrow, OPENSSL)
    feed(arrow, {"id": 3}, advisory("CVE-2026-1", ""))
    arrow.round()
    assert list(found(arrow, "open")) == ["CVE-2026-1"]
    with arrow.stores.ledger.read() as connection:
        [gap] = list_gaps(connection)
        assert "debian: " in gap.gap.subject
    feed(arrow, advisory("CVE-2026-1", ""))
    arrow.round()
    with arrow.stores.ledger.read() as connection:
        assert list_gaps(connection) == []


def test_a_crash_between_matching_and_telling_loses_nothing(arrow):
    feed(arrow, advisory("CVE-2026-1", ""))
    look(arrow, OPENSSL)
    with arrow.stores.ledger.read() as connection:
        [known] = list_feeds(connection)
    arrow._match_feed(known)  # and nothing more
    again = replace(arrow)
    again.watched_at = arrow.watched_at
    again.round()
    assert list(found(again, "open")) == ["CVE-2026-1"]


def test_a_package_that_no_feed_can_judge_is_a_gap_until_one_can(arrow):
    feed(arrow, advisory("CVE-2026-1", ""))
    look(arrow, OPENSSL, Package("PyPI", "django", "3.2"))
    arrow.round()
    with arrow.stores.ledger.read() as connection:
        [gap] = list_gaps(connection)
        assert (gap.gap.area, gap.gap.subject) == ("package", "PyPI")
    affected = [{"package": {"ecosystem": "PyPI", "name": "django"}, "versions": ["3.2"]}]
    feed(arrow, {"id": "PYSEC-1", "affected": affected}, name="pypi")
    arrow.round()
    with arrow.stores.ledger.read() as connection:
        assert list_gaps(connection) == []
    assert set(found(arrow, "open")) == {"CVE-2026-1", "PYSEC-1"}


def test_gaps_of_an_earlier_process_close_too(arrow):
    look(arrow, OPENSSL)
    feed(arrow, {"id": 3}, advisory("CVE-2026-1", ""))
    arrow.round()
    again = replace(arrow)
    again.watched_at = arrow.watched_at
    feed(again, advisory("CVE-2026-1", ""))
    again.round()
    with arrow.stores.ledger.read() as connection:
        assert list_gaps(connection) == []


def test_a_package_of_which_a_feed_of_its_ecosystem_says_nothing_is_judged(arrow):
    affected = [{"package": {"ecosystem": "PyPI", "name": "flask"}, "versions": ["1"]}]
    feed(arrow, {"id": "PYSEC-1", "affected": affected}, name="pypi")
    look(arrow, Package("PyPI", "django", "3.2"))
    arrow.round()
    with arrow.stores.ledger.read() as connection:
        assert list_gaps(connection) == []


def open_gaps(arrow, *areas):
    with arrow.stores.ledger.read() as connection:
        return {(each.gap.area, each.gap.subject) for each in list_gaps(connection) if each.gap.area in areas}


def test_old_feeds_and_old_looks_are_gaps_until_they_are_newer(arrow):
    look(arrow, OPENSSL)
    look(arrow, OPENSSL, target=Target("image", "app:1"))
    feed(arrow, advisory("CVE-2026-1", ""))
    old = {("feed", "debian"), ("look", "i-1")}
    arrow.watched_at = None
    arrow.round(NOON + timedelta(days=8))
    arrow.round(NOON + timedelta(days=8, hours=2))
    assert open_gaps(arrow, "feed", "look") == old  # an image does not change while nobody looks
    assert [gap.area for gap in arrow.stores.listener.gaps].count("look") == 1

    with arrow.stores.ledger.write() as connection:
        put_feed(connection, Feed("debian", "debian.jsonl", "b", 1, f"{NOON + timedelta(days=8):%Y-%m-%d}", NOON))
    look(arrow, OPENSSL, hours=8 * 24)
    arrow.round(NOON + timedelta(days=8, hours=4))
    assert open_gaps(arrow, "feed", "look") == set()


def exploited(arrow, name, *lines):
    path = arrow.folder / f"{name}.jsonl.gz"
    text = "\n".join(map(json.dumps, lines)).encode()
    path.write_bytes(gzip.compress(text))
    with arrow.stores.ledger.write() as connection:
        put_feed(connection, Feed(name, path.name, str(hash(text)), len(lines), "2026-01-01", NOON))


def known_exploitation(arrow):
    with arrow.stores.ledger.read() as connection:
        return exploitation(connection)


def test_the_catalogue_and_the_table_are_kept_for_the_vulnerabilities_there_are(arrow):
    exploited(arrow, "kev", {"cve": "CVE-2026-1", "kev": ["2026-01-01", "2026-01-22", True]}, {"cve": "CVE-2026-9"})
    exploited(arrow, "epss", {"cve": "CVE-2026-1", "epss": [0.5, 0.9]}, {"cve": "CVE-2026-8", "epss": [0.5, 0.9]})
    arrow.round()
    assert known_exploitation(arrow) == {}
    feed(arrow, advisory("DSA-1", "3.0.12-1", aliases=["CVE-2026-1"]))
    look(arrow, OPENSSL)
    arrow.round()
    assert known_exploitation(arrow) == {"CVE-2026-1": (["2026-01-01", "2026-01-22", True], [0.5, 0.9])}
    with arrow.stores.ledger.read() as connection:
        assert all(each.is_judged for each in list_feeds(connection))


def test_a_catalogue_that_was_damaged_is_a_gap_and_what_was_known_stays(arrow):
    feed(arrow, advisory("CVE-2026-1", "3.0.12-1"))
    look(arrow, OPENSSL)
    exploited(arrow, "kev", {"cve": "CVE-2026-1", "kev": ["2026-01-01", "", False]})
    arrow.round()
    exploited(arrow, "kev", {"cve": 7})
    arrow.round()
    assert known_exploitation(arrow) == {"CVE-2026-1": (["2026-01-01", "", False], None)}
    with arrow.stores.ledger.read() as connection:
        assert [each.gap.area for each in list_gaps(connection, area="advisories")] == ["advisories"]
