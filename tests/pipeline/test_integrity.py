from datetime import UTC, datetime, timedelta

import pytest
from tests.flows.folder_source import listener
from tests.pipeline.agents import Agent, cloud

from nephoscope.fleet.policy import opened_policy_key
from nephoscope.fleet.tokens import make_token
from nephoscope.keep import Decided, Stores, keep_decided
from nephoscope.pipeline import uploads
from nephoscope.pipeline.fleet import Fleet, add_token
from nephoscope.pipeline.integrity import accept_baseline, approve_changes, withdraw_approval
from nephoscope.pipeline.uploads import upload
from nephoscope.store.finding_list import FindingFilter, list_findings
from nephoscope.store.fleet import get_host
from nephoscope.store.gaps import list_gaps
from nephoscope.store.integrity import list_changes, list_file_baselines
from nephoscope.store.ledger import open_ledger

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
CHANGE, OTHER = "c" * 32, "d" * 32


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return opened_policy_key(tmp_path_factory.mktemp("data") / "policy.key")


@pytest.fixture
def fleet(tmp_path, key):
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Fleet(Stores(None, ledger, listener()), key, clock=lambda: NOW)


def joined(fleet, number):
    text, made = make_token(fleet.key.fingerprint, 9, NOW, NOW + timedelta(hours=1), {}, "ada")
    with fleet.stores.ledger.write() as connection:
        add_token(connection, made)
    agent = Agent(number, fleet.clock)
    fleet.enrol(agent.enrolment(text, cloud=cloud(f"i-0000000{number}")))
    return agent


@pytest.fixture
def agent(fleet):
    return joined(fleet, 1)


def changed(class_="changed", path="/etc/app.conf", change=CHANGE, **others):
    told = {
        "kind": "drift",
        "at": AT,
        "path": path,
        "class": class_,
        "explanation": "content changed",
        "watched": "/etc",
    }
    return told | {"severity_hint": "high", "change": change, "sha256": "e" * 64, **others}


def looked(sha256, **others):
    return {"kind": "baseline", "at": AT, "path": "/etc", "root": "a" * 64, "sha256": sha256, "entries": 5, **others}


def findings(fleet, *status):
    with fleet.stores.ledger.read() as connection:
        return list_findings(connection, FindingFilter(status=status or ("open",)))


def why(fleet):
    return [each.resolved_why for each in findings(fleet, "resolved")]


def test_a_change_is_a_finding_until_the_path_is_as_it_was(fleet, agent):
    upload(fleet, agent.upload(changed()))
    [found] = findings(fleet)
    assert (found.finding.rule, found.finding.severity, found.finding.resource.id) == (
        "host_file_changed",
        "high",
        "i-00000001",
    )
    assert found.finding.detail["change"] == CHANGE
    upload(fleet, agent.upload(changed("owned-changed", change=OTHER)))
    assert len(findings(fleet)) == 1
    upload(fleet, agent.upload({"kind": "drift", "at": AT, "path": "/etc/app.conf", "class": "as-baseline"}))
    assert findings(fleet) == []
    assert why(fleet) == ["the path is as its baseline has it"]
    with fleet.stores.ledger.read() as connection:
        assert list_changes(connection, agent.id) == []


def test_an_explained_change_is_kept_and_is_no_finding(fleet, agent):
    upload(
        fleet,
        agent.upload(changed("package-upgrade"), {"kind": "drift", "at": AT, "path": "/x", "class": "as-baseline"}),
    )
    assert findings(fleet) == []
    with fleet.stores.ledger.read() as connection:
        [kept] = list_changes(connection, agent.id)
    assert kept.is_explained


def test_a_change_is_approved_once_for_a_fleet_and_the_approval_taken_back(fleet, agent):
    second = joined(fleet, 2)
    upload(fleet, agent.upload(changed(), changed("unreadable", "/etc/b", OTHER)))

    def approve(connection):
        return Decided(ended=approve_changes(connection, [CHANGE, OTHER, "none"], "deploy 7", "ada", NOW), at=NOW)

    keep_decided(fleet.stores, approve)
    assert [each.finding.detail["path"] for each in findings(fleet)] == ["/etc/b"]  # nobody can approve the unseen
    assert why(fleet) == ["approved by ada on 2026-05-02: deploy 7"]
    upload(fleet, second.upload(changed()))
    assert len(findings(fleet)) == 1
    upload(fleet, second.upload(changed(change="f" * 32)))  # other content at the same path
    assert len(findings(fleet)) == 2

    later = NOW + timedelta(minutes=1)
    keep_decided(fleet.stores, lambda connection: Decided(withdraw_approval(connection, CHANGE, later) or [], at=later))
    assert len(findings(fleet)) == 3
    with fleet.stores.ledger.write() as connection:
        assert withdraw_approval(connection, CHANGE, later) is None


def test_a_host_that_compares_with_another_baseline_is_a_finding_until_that_is_accepted(fleet, agent):
    upload(fleet, agent.upload(looked("1" * 64, oldest_hash_at=AT - 60)))
    assert findings(fleet) == []
    upload(fleet, agent.upload(looked("2" * 64)))
    [found] = findings(fleet)
    assert found.finding.rule == "host_baseline_was_replaced"
    upload(fleet, agent.upload(looked("1" * 64)))
    assert findings(fleet) == []
    upload(fleet, agent.upload(looked("2" * 64)))
    with fleet.stores.ledger.write() as connection:
        host = get_host(connection, agent.id)
        assert accept_baseline(connection, host, "/usr", NOW) is None
        assert accept_baseline(connection, host, "/etc", NOW).ended == found.finding.uid
        assert accept_baseline(connection, host, "/etc", NOW) is None
        [kept] = list_file_baselines(connection, agent.id)
    assert (kept.sha256, kept.is_replaced) == ("2" * 64, False)


def test_a_host_that_lies_about_its_files_changes_nothing_but_its_own(fleet, agent):
    wild = changed("changed", "/etc/\x00\x1b[31m", severity_hint="absurd", package="x" * 400)
    upload(
        fleet, agent.upload(wild, changed(change="zz"), looked("short"), looked("1" * 64, oldest_hash_at=AT + 10**8))
    )
    [found] = findings(fleet)
    assert found.finding.severity == "medium"
    with fleet.stores.ledger.read() as connection:
        [kept] = list_file_baselines(connection, agent.id)
    assert kept.oldest_hash_at == NOW


def test_what_a_look_could_not_see_is_a_gap_of_its_path_until_a_look_sees_it(fleet, agent):
    def gaps():
        with fleet.stores.ledger.read() as connection:
            return {each.gap.subject.partition(": ")[2]: each.gap.cause for each in list_gaps(connection, area="host")}

    blind = {"kind": "baseline", "at": AT, "path": "/boot", "cause": "is not there"}
    upload(fleet, agent.upload(looked("1" * 64, cause="1 could not be read: a: denied"), blind))
    assert gaps() == {"files /etc": "1 could not be read: a: denied", "files /boot": "is not there"}
    with fleet.stores.ledger.read() as connection:
        assert [each.path for each in list_file_baselines(connection, agent.id)] == ["/etc"]
    upload(fleet, agent.upload(looked("1" * 64, cause="again"), looked("1" * 64), blind))  # the last of a batch holds
    assert gaps() == {"files /boot": "is not there"}


def test_a_flood_of_changes_is_bounded_and_told(fleet, agent, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_CHANGES", 3)
    upload(fleet, agent.upload(*(changed(path=f"/etc/{number}") for number in range(5))))
    with fleet.stores.ledger.read() as connection:
        assert len(list_changes(connection, agent.id)) == 3
        assert any("2 changes of files" in each.gap.cause for each in list_gaps(connection, area="host"))
