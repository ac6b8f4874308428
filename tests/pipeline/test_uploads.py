import gzip
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.flows.folder_source import listener
from tests.pipeline.agents import Agent, cloud

from nephoscope.fleet.policy import opened_policy_key
from nephoscope.fleet.tables import digest_of
from nephoscope.fleet.tokens import make_token
from nephoscope.keep import Stores
from nephoscope.model.errors import HostRefused
from nephoscope.model.package import Package
from nephoscope.pipeline.fleet import Fleet, add_token
from nephoscope.pipeline.uploads import package_of, upload
from nephoscope.store.finding_list import FindingFilter, list_findings
from nephoscope.store.fleet import get_host, get_table
from nephoscope.store.gaps import list_gaps
from nephoscope.store.ledger import open_ledger
from nephoscope.store.packages import Target, get_look, ids_of, packages_of

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
ROOT, ADA = {"name": "root", "uid": 0}, {"name": "ada", "uid": 1000}
SSL = {"ecosystem": "Debian:12", "name": "libssl3", "version": "3.0.11-1", "source": "openssl"}
BEAT = {"kind": "heartbeat", "at": AT, "uptime_s": 5, "agent_version": "1.1", "clock_offset_s": 0}


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return opened_policy_key(tmp_path_factory.mktemp("data") / "policy.key")


@pytest.fixture
def fleet(tmp_path, key):
    """A gateway at noon."""
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Fleet(Stores(None, ledger, listener()), key, clock=lambda: NOW)


@pytest.fixture
def agent(fleet):
    """An agent on an instance that joined."""
    text, made = make_token(fleet.key.fingerprint, 9, NOW, NOW + timedelta(hours=1), {}, "ada")
    with fleet.stores.ledger.write() as connection:
        add_token(connection, made)
    agent = Agent(1, fleet.clock)
    fleet.enrol(agent.enrolment(text, cloud=cloud()))
    return agent


def whole(*rows, name="users"):
    return {"kind": "table", "name": name, "at": AT, "rows": rows, "digest": digest_of(rows)}


def difference(before, after, name="users"):
    added, removed = [row for row in after if row not in before], [row for row in before if row not in after]
    told = {"kind": "table", "name": name, "at": AT, "base": digest_of(before), "digest": digest_of(after)}
    return told | {"added": added, "removed": removed}


def check(result, reason="because"):
    return {"kind": "check", "name": "ssh_root_login_is_off", "at": AT, "result": result, "reason": reason}


def kept(fleet, agent):
    with fleet.stores.ledger.read() as connection:
        return get_host(connection, agent.id)


def table(fleet, agent, name="users"):
    with fleet.stores.ledger.read() as connection:
        return get_table(connection, agent.id, name)


def gaps(fleet, agent):
    with fleet.stores.ledger.read() as connection:
        found = list_gaps(connection, area="host")
    return {each.gap.subject.removeprefix(f"{agent.id}: "): each.gap.cause for each in found}


def findings(fleet, *status):
    with fleet.stores.ledger.read() as connection:
        return [each.finding for each in list_findings(connection, FindingFilter(status=status or ("open",)))]


def test_a_batch_moves_the_mark_and_the_heartbeat_is_kept(fleet, agent):
    asked = agent.upload(BEAT)
    answer = upload(fleet, asked)

    assert (answer["acknowledged"], answer["time"], answer["resend"]) == (1, AT, [])
    assert answer["policy"] == fleet.policy(agent.asked("GET", "/policy"))[0]
    host = kept(fleet, agent)
    assert (host.sequence, host.batch_sha256) == (1, hashlib.sha256(asked.body).hexdigest())
    assert (host.last_seen_at, host.agent_version, host.facts["uptime_s"]) == (NOW, "1.1", 5)


def test_a_batch_that_comes_again_is_acknowledged_and_changes_nothing(fleet, agent):
    body = agent.batch({"kind": "gap", "at": AT, "what": "log", "cause": "rotated away", "records": 3})
    for _ in range(3):
        assert upload(fleet, agent.asked("POST", "/upload", body))["acknowledged"] == 1

    with fleet.stores.ledger.read() as connection:
        [gap] = list_gaps(connection, area="host")
    assert (gap.times, gap.gap.cause) == (1, "rotated away (3 records)")


def test_tables_come_whole_and_by_difference(fleet, agent):
    upload(fleet, agent.upload(whole(ROOT)))
    upload(fleet, agent.upload(difference([ROOT], [ROOT, ADA])))
    assert list(table(fleet, agent).rows) == [ADA, ROOT]

    upload(fleet, agent.upload(difference([ROOT, ADA], [ADA]), difference([ADA], [])))
    assert list(table(fleet, agent).rows) == []


def test_a_difference_of_another_base_and_a_false_digest_are_asked_for_whole(fleet, agent):
    answer = upload(fleet, agent.upload(difference([ROOT], [ADA]), {**whole(ROOT, name="cron"), "digest": "0" * 64}))

    assert answer["resend"] == ["users", "cron"]
    assert table(fleet, agent) is None
    assert set(gaps(fleet, agent)) == {"table users", "table cron"}
    upload(fleet, agent.upload(whole(ROOT), whole(name="cron")))
    assert gaps(fleet, agent) == {}


def test_a_table_that_could_not_be_read_keeps_its_rows_and_is_a_gap_until_it_can(fleet, agent):
    upload(fleet, agent.upload(whole(ROOT)))
    upload(fleet, agent.upload({"kind": "table", "name": "users", "at": AT, "cause": "/etc/passwd: denied"}))

    assert list(table(fleet, agent).rows) == [ROOT]
    assert gaps(fleet, agent) == {"table users": "/etc/passwd: denied"}
    upload(fleet, agent.upload(difference([ROOT], [ADA])))
    assert (list(table(fleet, agent).rows), gaps(fleet, agent)) == ([ADA], {})


def test_packages_are_a_look_at_the_instance(fleet, agent):
    target = Target("AWS::EC2::Instance", "i-0123456789abcdef0", "111122223333", "eu-west-1")
    upload(fleet, agent.upload(whole(SSL, {"name": "odd"}, name="packages")))

    with fleet.stores.ledger.read() as connection:
        look = get_look(connection, target)
        [package] = packages_of(connection, ids_of(connection, look.digest)).values()
    assert package == Package("Debian:12", "libssl3", "3.0.11-1", source="openssl")
    assert look.cause == gaps(fleet, agent)["rows of packages"] == "1 rows name no ecosystem, name and version"


def test_packages_that_could_not_be_read_take_nothing_away(fleet, agent):
    target = Target("AWS::EC2::Instance", "i-0123456789abcdef0", "111122223333", "eu-west-1")
    upload(fleet, agent.upload(whole(SSL, name="packages")))
    upload(fleet, agent.upload({"kind": "table", "name": "packages", "at": AT, "cause": "damaged"}))

    with fleet.stores.ledger.read() as connection:
        look = get_look(connection, target)
        assert len(ids_of(connection, look.digest)) == 1
    assert look.cause == "damaged"


def test_a_clock_that_is_ahead_does_not_keep_later_looks_out(fleet, agent):
    upload(fleet, agent.upload({**whole(ROOT), "at": AT + 10_000_000}))

    assert table(fleet, agent).at == NOW


def test_a_check_that_fails_is_a_finding_until_it_passes(fleet, agent):
    upload(fleet, agent.upload(check("fail", "PermitRootLogin yes")))
    [finding] = findings(fleet)
    assert (finding.kind, finding.rule, finding.reason) == (
        "compliance",
        "ssh_root_login_is_off",
        "PermitRootLogin yes",
    )
    assert finding.resource.id == "i-0123456789abcdef0"

    upload(fleet, agent.upload(check("unknown", "denied")))
    assert len(findings(fleet)) == 1
    assert gaps(fleet, agent) == {"check ssh_root_login_is_off": "denied"}
    upload(fleet, agent.upload(check("fail"), check("pass")))
    assert (findings(fleet), gaps(fleet, agent)) == ([], {})
    fleet.clock = lambda: NOW + timedelta(seconds=1)
    upload(fleet, agent.upload(check("pass"), check("fail")))
    assert len(findings(fleet)) == 1
    upload(fleet, agent.upload(check("not_applicable")))
    assert findings(fleet) == []


def test_drift_is_a_finding_that_a_pass_of_something_else_does_not_end(fleet, agent):
    drift = {"kind": "drift", "at": AT, "path": "/usr/bin/ssh", "class": "owned_file", "explanation": "no upgrade"}
    drift |= {"severity_hint": "high", "before": {"sha256": "1"}, "after": {"big": "x" * 20_000}}
    upload(fleet, agent.upload(drift, check("pass")))

    [finding] = findings(fleet)
    assert (finding.kind, finding.rule, finding.severity) == ("integrity", "host_file_changed", "high")
    assert finding.detail["before"] == {"sha256": "1"}
    assert "20010 bytes" in finding.detail["after"]["cut"]


def test_batches_that_never_came_are_a_gap(fleet, agent):
    upload(fleet, agent.upload())
    agent.batch()
    agent.batch()
    assert upload(fleet, agent.upload())["acknowledged"] == 4

    assert list(gaps(fleet, agent)) == ["batches 2 to 3"]


def test_a_clone_is_noticed_found_once_and_stopped_with_the_other(fleet, agent):
    upload(fleet, agent.upload(BEAT))
    clone = Agent(1, fleet.clock)
    clone.sequence, clone.previous = agent.sequence, agent.previous
    upload(fleet, agent.upload(BEAT))
    for each in (clone, agent, clone):
        with pytest.raises(HostRefused) as refused:
            upload(fleet, each.upload(whole(ADA)))
        assert refused.value.kind == "clone"

    [finding] = findings(fleet)
    assert (finding.rule, finding.kind) == ("host_key_is_used_once", "integrity")
    assert kept(fleet, agent).state == "tampered"
    assert table(fleet, agent) is None


def test_records_that_cannot_be_read_and_logs_nobody_asked_for_are_gaps(fleet, agent):
    log = {"kind": "log", "source": "/var/log/auth.log", "at": AT, "lines": ["x"], "first_offset": 0, "file": "1:2:3"}
    upload(fleet, agent.upload({"kind": "command"}, log, BEAT))

    found = gaps(fleet, agent)
    assert found["records of batch 1"].startswith("1 of a batch could not be read: record 1: ")
    assert "not kept" in found["log /var/log/auth.log"]
    assert kept(fleet, agent).last_seen_at == NOW


def test_a_host_cannot_drown_the_others_in_findings_gaps_or_tables(fleet, agent):
    drift = [{"kind": "drift", "at": AT, "path": f"/{number}", "class": "owned_file"} for number in range(1_200)]
    lost = [{"kind": "table", "name": f"own_{number}", "at": AT, "rows": []} for number in range(1_200)]
    unknown = [check("unknown") | {"name": f"check_{number}"} for number in range(1_200)]
    upload(fleet, agent.upload(*drift, *lost, *unknown))

    with fleet.stores.ledger.read() as connection:
        causes = {each.gap.subject: each.gap.cause for each in list_gaps(connection, area="host", limit=5_000)}
        stored = list_findings(connection, FindingFilter(), limit=5_000)
    assert len(stored) == 1_000
    assert len(causes) <= 1_001
    assert "200 findings, 1400 gaps" in causes[f"{agent.id}: flood in batch 1"]
    assert table(fleet, agent, "own_1") is None


def test_a_wrong_clock_is_a_gap_until_it_is_right(fleet, agent):
    upload(fleet, agent.upload({"kind": "gap", "at": AT, "what": "clock", "cause": "900 s off"}))
    assert "clock" in gaps(fleet, agent)
    upload(fleet, agent.upload(BEAT))
    assert gaps(fleet, agent) == {}


@pytest.mark.parametrize(
    "body",
    [b"", b"x", gzip.compress(b"{}"), gzip.compress(bytes(65 << 20))],
    ids=["nothing", "text", "no header", "bomb"],
)
def test_what_is_no_batch_is_refused_and_moves_nothing(fleet, agent, body):
    with pytest.raises(HostRefused) as refused:
        upload(fleet, agent.asked("POST", "/upload", body))
    assert refused.value.kind in ("unreadable", "too-large")
    assert kept(fleet, agent).sequence == 0


def test_a_batch_of_another_agent_is_refused(fleet, agent):
    with pytest.raises(HostRefused, match="another agent"):
        upload(fleet, agent.upload(agent="c" * 32))


def test_a_refused_batch_is_not_parsed_for_who_did_not_sign_it(fleet, agent):
    bomb = replace(agent.asked("POST", "/upload", b""), body=gzip.compress(bytes(1000)))
    with pytest.raises(HostRefused) as refused:
        upload(fleet, bomb)
    assert refused.value.kind == "unknown-agent"


def test_rows_name_packages_or_none():
    assert package_of(SSL) == Package("Debian:12", "libssl3", "3.0.11-1", source="openssl")
    for row in ({}, {**SSL, "name": ""}, {**SSL, "version": 3}, {**SSL, "ecosystem": None}):
        assert package_of(row) is None
    assert json.dumps(package_of({**SSL, "module": None}).module) == '""'
