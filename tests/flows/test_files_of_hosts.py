"""HOSTS ─ agent ─► fleet ─► changes of files ─► findings: the agent as it ships, the gateway as it is served."""

import time
from datetime import UTC, datetime

import pytest

from nephoscope.config import Config, Fleet, PortalSettings
from nephoscope.detect.rule import RuleSet
from nephoscope.keep import Decided, decide
from nephoscope.pipeline.integrity import approve_changes
from nephoscope.portal.context import Portal, secret_of
from nephoscope.portal.server import serving
from nephoscope.store.finding_list import FindingFilter, list_findings
from nephoscope.store.integrity import list_changes, list_file_baselines
from nephoscope.store.ledger import open_ledger

from .test_packages_of_hosts import WITHIN_S, agent, token  # noqa: F401  fixtures

pytestmark = pytest.mark.slow


@pytest.fixture
def portal(lake, tmp_path):
    with open_ledger(str(tmp_path / "ledger.sqlite")) as ledger:
        fleet = Fleet(files=("/etc", "/usr/bin"), files_fast_s=10, files_full_s=60, logs=())
        config = Config(tmp_path, portal=PortalSettings(port=0), fleet=fleet)
        yield Portal(lake, ledger, config, RuleSet(), clock=lambda: datetime.now(UTC), secret=secret_of(ledger))


def until(portal, found):
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        with portal.ledger.read() as connection:
            answer = found(connection)
        if answer:
            return answer
        time.sleep(0.2)
    raise AssertionError("it did not come")


def open_paths(portal, *status):
    with portal.ledger.read() as connection:
        chosen = FindingFilter(status=status, kind=("integrity",))
        return [each.finding.detail["path"] for each in list_findings(connection, chosen)]


def test_a_file_that_changes_is_a_finding_until_it_is_as_it_was_or_approved(portal, token, agent):  # noqa: F811
    tool, conf = agent.host / "usr/bin/tool", agent.host / "etc/app.conf"
    agent.install("1")
    for file in (tool, conf):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("good")
    with serving(portal) as url:
        agent.say("enrol", "--server", url, "--token-file", str(token), "--no-cloud")
        with agent.running():
            baselines = until(portal, lambda c: len(found := list_file_baselines(c)) == 2 and found)
        assert {each.path for each in baselines} == {"/etc", "/usr/bin"}

        tool.write_text("evil")
        (agent.host / "etc/new.conf").write_text("x")
        with agent.running():
            changes = until(portal, lambda c: len(found := list_changes(c)) == 2 and found)
        assert {each.path: each.class_ for each in changes} == {"/usr/bin/tool": "changed", "/etc/new.conf": "new"}
        assert sorted(open_paths(portal, "open")) == ["/etc/new.conf", "/usr/bin/tool"]

        [new] = [each for each in changes if each.path == "/etc/new.conf"]
        with portal.ledger.write() as connection:
            now = datetime.now(UTC)
            decide(connection, Decided(ended=approve_changes(connection, [new.change], "deploy", "ada", now), at=now))
        tool.write_text("good")
        with agent.running():
            until(portal, lambda c: all(each.is_explained for each in list_changes(c)))
        assert open_paths(portal, "open") == []
        assert sorted(open_paths(portal, "resolved")) == ["/etc/new.conf", "/usr/bin/tool"]
        agent.say("leave")
