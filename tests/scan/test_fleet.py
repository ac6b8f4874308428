import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan import fleet as fleet_module
from nephoscope.scan.fleet import Fleet
from nephoscope.scan.matcher import Index, Match


def record(id, name, fixed):
    events = [{"introduced": "0"}, {"fixed": fixed}]
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return msgspec.convert({"id": id, "affected": [affected]}, Advisory)


RECORDS = [record("A", "a", "2"), record("B", "a", "3"), record("C", "b-b", "2")]
PACKAGES = st.builds(
    Package, st.just("PyPI"), st.sampled_from(["a", "B_b", "c"]), st.sampled_from(["1", "2", "3", "x"])
)


@pytest.fixture(scope="module")
def index():
    """The three advisories."""
    made = Index()
    for each in RECORDS:
        made.add(each)
    return made


@given(hosts=st.dictionaries(st.sampled_from("pqrst"), st.lists(PACKAGES, max_size=5)))
def test_a_fleet_finds_what_each_host_alone_would_find(index, hosts):
    fleet = Fleet(index)
    for host, packages in hosts.items():
        fleet.put(host, packages)

    for host, packages in hosts.items():
        alone = {each for package in packages for each in index.match(package)}
        assert set(fleet.found(host)) == alone
        assert fleet.counts()[host] == sum(isinstance(each, Match) for each in alone)


@given(hosts=st.dictionaries(st.sampled_from("pqrst"), st.lists(PACKAGES, max_size=5)))
def test_a_new_advisory_finds_its_hosts_without_the_others(index, hosts):
    fleet = Fleet(index)
    for host, packages in hosts.items():
        fleet.put(host, packages)

    for advisory in RECORDS:
        expected = {
            host: {each for each in fleet.found(host) if isinstance(each, Match) and each.advisory == advisory.id}
            for host in hosts
        }
        found = {host: set(each) for host, each in fleet.affected_by(advisory).items()}
        assert found == {host: each for host, each in expected.items() if each}


def test_hosts_with_the_same_packages_share_them(index):
    fleet = Fleet(index)
    for host in ("p", "q"):
        fleet.put(host, [Package("PyPI", name, "1") for name in ("a", "b")])

    assert fleet.versions == 2
    assert fleet.counts() == {"p": 2, "q": 2}


def test_a_host_that_changes_is_what_it_is_now(index):
    fleet = Fleet(index)
    fleet.put("p", [Package("PyPI", "a", "1")])
    fleet.put("p", [Package("PyPI", "a", "2"), Package("PyPI", "a", "x")])

    assert [each.advisory for each in fleet.found("p") if isinstance(each, Match)] == ["B"]
    assert sum(isinstance(each, Gap) for each in fleet.found("p")) == 1
    fleet.remove("p")
    assert fleet.counts() == {}
    with pytest.raises(KeyError):
        list(fleet.found("p"))


def test_other_advisories_are_matched_with_every_version_afresh(index):
    fleet = Fleet(Index())
    fleet.put("p", [Package("PyPI", "a", "1")])
    before = [type(each) for each in fleet.found("p")]
    fleet.rematch(index)

    assert before == [Gap]
    assert fleet.counts() == {"p": 2}
    assert [each.advisory for each in fleet.found("p")] == ["A", "B"]


def test_hosts_that_change_a_thousand_times_leave_nothing_behind(index):
    fleet = Fleet(index)
    for turn in range(3 * fleet_module.SPARE_SLOTS):
        fleet.put("p", [Package("PyPI", "a", str(1 + turn % 3))])
        fleet.put("q", [Package("PyPI", "a", "1")])
        if turn % 7 == 0:
            fleet.remove("q")

    assert set(fleet.affected_by(RECORDS[0])) == {"q"}
    fleet.put("p", [Package("PyPI", "a", "1")])
    assert set(fleet.affected_by(RECORDS[0])) == {"p", "q"}
    assert fleet.slots <= 2 * 2 + fleet_module.SPARE_SLOTS + 1
