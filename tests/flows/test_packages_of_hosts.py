"""HOSTS ─ agent ─► fleet ─► packages ─ scan ─► findings: the agent as it ships, against the gateway as it is served."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.config import Config, PortalSettings
from nephoscope.detect.rule import RuleSet
from nephoscope.fleet.tokens import make_token
from nephoscope.keep import Stores
from nephoscope.model.finding import Severity
from nephoscope.pipeline.feeds import import_files
from nephoscope.pipeline.fleet import add_token, policy_key
from nephoscope.pipeline.vulnerabilities import Vulnerabilities
from nephoscope.portal.context import Portal, secret_of
from nephoscope.portal.server import serving
from nephoscope.store.finding_list import FindingFilter, list_findings
from nephoscope.store.ledger import open_ledger
from nephoscope.store.packages import list_looks

pytestmark = pytest.mark.slow
WITHIN_S = 60
STATUS = """Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl
Version: {}

"""
ADVISORY = {
    "id": "CVE-2026-1",
    "modified": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"ecosystem": "Debian:12", "name": "openssl"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.12-1"}]}],
        }
    ],
}


FILES = {
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "proc/sys/kernel/hostname": "web-1\n",
    "proc/uptime": "100.0 90.0\n",
    "proc/sys/kernel/random/boot_id": "0e2f1cd3-6d59-4a0d-9ec5-1c3d3b1f8c11\n",
}


class Silent:
    def found(self, finding): ...

    def cannot_see(self, gap): ...

    def sees_again(self, gap): ...


@pytest.fixture
def portal(lake, tmp_path):
    with open_ledger(str(tmp_path / "ledger.sqlite")) as ledger:
        config = Config(tmp_path, portal=PortalSettings(port=0))
        yield Portal(lake, ledger, config, RuleSet(), clock=lambda: datetime.now(UTC), secret=secret_of(ledger))


@pytest.fixture
def token(portal, tmp_path):
    """A file with a join token for one host."""
    now = datetime.now(UTC)
    text, made = make_token(policy_key(portal.config).fingerprint, 1, now, now + timedelta(hours=1), {}, "ada")
    with portal.ledger.write() as connection:
        add_token(connection, made)
    (tmp_path / "token").write_text(text)
    return tmp_path / "token"


@pytest.fixture
def agent(tmp_path):
    """The agent, built, on a made host; runs its commands."""
    built, host = tmp_path / "agent.pyz", tmp_path / "host"
    subprocess.run([sys.executable, "-m", "nephoscope", "agent", "build", "-o", built], check=True, timeout=60)
    for path, text in FILES.items():
        (host / path).parent.mkdir(parents=True, exist_ok=True)
        (host / path).write_text(text)
    return Agent([sys.executable, str(built), "--state", str(tmp_path / "state"), "--root", str(host)], host)


class Agent:
    def __init__(self, command, host):
        self.command, self.host = command, host

    def install(self, version):
        (self.host / "var/lib/dpkg").mkdir(parents=True, exist_ok=True)
        (self.host / "var/lib/dpkg/status").write_text(STATUS.format(version))

    def say(self, *arguments):
        done = subprocess.run([*self.command, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self):
        process = subprocess.Popen([*self.command, "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.wait(20)


def looked(portal, before=""):
    """The look that an agent's upload made, once it saw another set of packages than before."""
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        with portal.ledger.read() as connection:
            looks = [look for look in list_looks(connection) if look.digest != before]
        if looks:
            return looks[0]
        time.sleep(0.2)
    raise AssertionError("no packages came")


def vulnerable(portal, *status):
    with portal.ledger.read() as connection:
        chosen = FindingFilter(status=status, kind=("vulnerability",))
        return [(each.finding.rule, each.finding.resource.id) for each in list_findings(connection, chosen)]


def test_a_hosts_packages_become_findings_and_end_with_its_upgrade(portal, token, agent, tmp_path):
    (tmp_path / "records.json").write_text(json.dumps(ADVISORY))
    import_files(portal.ledger, tmp_path / "advisories", "debian", [tmp_path / "records.json"], lambda _: None)
    arrow = Vulnerabilities(Stores(portal.lake, portal.ledger, Silent()), tmp_path / "advisories", Severity.MEDIUM)
    agent.install("3.0.11-1")
    with serving(portal) as url:
        assert "enrolled as" in agent.say("enrol", "--server", url, "--token-file", str(token), "--no-cloud")
        with agent.running():
            look = looked(portal)
        assert (look.by, look.target.name, look.cause) == ("agent", "web-1", "")
        arrow.round()
        assert vulnerable(portal, "open") == [("CVE-2026-1", look.target.id)]

        agent.install("3.0.12-1")
        with agent.running():
            looked(portal, look.digest)
        arrow.round()
        assert (vulnerable(portal, "open"), vulnerable(portal, "resolved")) == ([], [("CVE-2026-1", look.target.id)])
        agent.say("leave")
