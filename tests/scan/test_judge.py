from datetime import UTC, datetime, timedelta

from nephoscope.model.package import Package
from nephoscope.scan.exploitation import Epss, Kev
from nephoscope.scan.exploitation_feed import Exploitation
from nephoscope.scan.judge import NOWHERE, Judge
from nephoscope.scan.priority import Said, Surroundings
from nephoscope.store.packages import Vulnerability

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PACKAGE = Package("Debian:12", "openssl", "3.0")
OPEN = Surroundings(Said("internet", "i"), *([Said("", "x")] * 3))


def said(advisory="DSA-1", severity="critical", fixed="", hours=0, related=("CVE-1",)):
    return Vulnerability(PACKAGE, advisory, "debian", (), fixed, severity, NOON + timedelta(hours=hours), related)


def test_what_errata_mend_is_looked_up_too():
    judge = Judge({"CVE-1": Exploitation(Kev("2026-01-01", "", ransomware=True), Epss(0.5, 0.9))}, ("kev", "epss"))
    found = judge.of([said()], "critical")
    assert (found["kev"], found["ransomware"], found["epss"], found["exposure"]) == (True, True, 0.5, "unknown")
    assert not judge.of([said(related=())], "critical")["kev"]


def test_a_fix_of_any_advisory_is_a_fix_and_days_count_from_the_first():
    found = Judge().of([said(hours=3), said("GHSA-1", fixed="3.1")], "critical", OPEN)
    assert next(each for each in found["factors"] if each["name"] == "fix")["value"] == "available"
    assert (found["due"], found["due_why"]) == (NOON + timedelta(days=7), "urgent: 7 days")


def test_every_factor_is_shown_also_those_that_are_not_known():
    factors = Judge().of([said()], "critical", NOWHERE)["factors"]
    assert [each["name"] for each in factors] == [
        *("severity", "exploitation", "fix", "exposure", "use", "privilege", "criticality"),
    ]
    assert all(each["source"] for each in factors)
