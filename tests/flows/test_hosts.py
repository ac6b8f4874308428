"""A host joins and tells of its packages and of itself: findings follow, and end by what it tells later."""

import json

from nephoscope.fleet.policy import opened_policy_key
from nephoscope.keep import Stores
from nephoscope.model.finding import Severity
from nephoscope.pipeline.fleet import Fleet
from nephoscope.pipeline.uploads import upload
from nephoscope.pipeline.vulnerabilities import Vulnerabilities
from nephoscope.store.advisory_feeds import Feed, put_feed
from nephoscope.store.finding_list import FindingFilter, list_findings
from nephoscope.store.ledger import open_ledger
from tests.flows.folder_source import listener
from tests.pipeline.agents import Agent, cloud
from tests.pipeline.test_fleet import Clock, token
from tests.pipeline.test_uploads import AT, check, difference, whole

OLD = {"ecosystem": "Debian:12", "name": "libssl3", "version": "3.0.11-1", "source": "openssl"}
NEW = OLD | {"version": "3.0.12-1"}
ADVISORY = {
    "id": "CVE-2026-1",
    "modified": "2026-01-01T00:00:00Z",
    "severity": [],
    "affected": [
        {
            "package": {"ecosystem": "Debian:12", "name": "openssl"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.12-1"}]}],
        }
    ],
}


def found(stores):
    with stores.ledger.read() as connection:
        stored = list_findings(connection, FindingFilter(status=("open",)))
    return {(each.finding.kind, each.finding.rule, each.finding.resource.id) for each in stored}


def test_from_what_a_host_tells_to_findings_and_back(tmp_path):
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        stores, clock = Stores(None, ledger, listener()), Clock()
        fleet = Fleet(stores, opened_policy_key(tmp_path / "policy.key"), clock=clock)
        matching = Vulnerabilities(stores, tmp_path, Severity.MEDIUM)
        (tmp_path / "debian.jsonl").write_text(json.dumps(ADVISORY))
        with ledger.write() as connection:
            put_feed(connection, Feed("debian", "debian.jsonl", "1", 1, "2026-01-01", clock()))
        agent = Agent(1, clock)
        fleet.enrol(agent.enrolment(token(fleet), cloud=cloud()))

        upload(fleet, agent.upload(whole(OLD, name="packages"), check("fail")))
        matching.round()
        assert found(stores) == {
            ("vulnerability", "CVE-2026-1", "i-0123456789abcdef0"),
            ("compliance", "ssh_root_login_is_off", "i-0123456789abcdef0"),
        }
        unread = {"kind": "table", "name": "packages", "at": AT, "cause": "the database is damaged"}
        upload(fleet, agent.upload(unread, check("unknown")))
        matching.round()
        assert len(found(stores)) == 2

        upload(fleet, agent.upload(difference([OLD], [NEW], name="packages"), check("pass")))
        matching.round()
        assert found(stores) == set()
