"""A portal in Debian's Chromium. Any violation of the policy, any error in the console or of a page fails its test.

Without Chromium or Node the tests are skipped, except in CI, where they fail.
"""

import os
import re
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hatch_build
import pytest

from nephoscope.config import Account, Config, PortalSettings
from nephoscope.fleet.tokens import make_token
from nephoscope.model.package import Package
from nephoscope.model.response import Run, RunStatus
from nephoscope.pipeline.fleet import add_token
from nephoscope.portal.context import Portal, secret_of
from nephoscope.portal.server import serving
from nephoscope.respond.evidence.vault import opened_vault
from nephoscope.store.advisory_feeds import Feed, put_feed
from nephoscope.store.deliveries import Delivery, put_deliveries
from nephoscope.store.fleet import Host, HostTable, put_host, put_table
from nephoscope.store.integrity import FileBaseline, FileChange, put_change, put_file_baseline
from nephoscope.store.ledger import open_ledger
from nephoscope.store.packages import Target, Vulnerability, id_of, put_look, put_vulnerabilities
from nephoscope.store.runs import add_run
from nephoscope.store.users import make_link
from tests.e2e.hostile import STRINGS, seed_hostile
from tests.portal.conftest import ONE, RULES, seed
from tests.portal.serving import PASSWORD, add_user

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"]
# What is not there, or not allowed, is asked for on purpose; the browser says so in its console.
EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
TABLES = ("events", "items", "finding_changes", "verdict_changes")


def lacking(what):
    """Skip, or fail in CI."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def client():
    """The built client."""
    if not hatch_build.is_wanted(ROOT):
        lacking("The portal's client is not to be built")
    try:
        hatch_build.build(ROOT)
    except SystemExit as error:
        lacking(str(error))


@pytest.fixture(scope="module")
def portal(embedded_lake, tmp_path_factory):
    """A portal of two accounts in which things have happened, some of them by people who write scripts into names."""
    folder = tmp_path_factory.mktemp("portal")
    for table in TABLES:
        embedded_lake.command(f"TRUNCATE TABLE {table}")
    with open_ledger(str(folder / "ledger.db")) as ledger:
        seed(embedded_lake, ledger)
        seed_hostile(embedded_lake, ledger)
        accounts = {"prod": Account(ONE, profile="audit", regions=("eu-west-1",))}
        exporters = {"chat": {"type": "console"}, "idle": {"type": "console"}}
        config = Config(
            folder,
            accounts=accounts,
            portal=PortalSettings(port=0),
            exporters=exporters,
            routes={"all": {"to": ["chat"]}},
        )
        park_a_delivery(ledger)
        seal_a_case(config, ledger)
        find_vulnerabilities(ledger)
        let_hosts_in(ledger)
        yield Portal(embedded_lake, ledger, config, RULES, clock=lambda: datetime.now(UTC), secret=secret_of(ledger))


def park_a_delivery(ledger):
    """A delivery that its receiver refuses, with what it answered."""
    now = datetime.now(UTC)
    said = {"state": "parked", "body": {}, "made_at": now, "due_at": now, "tries": 5, "error": STRINGS[0]}
    made = Delivery("parked", "chat", "all", "opened", "f", STRINGS[1], 1, 1, **said)
    with ledger.write() as connection:
        put_deliveries(connection, [made])


def find_vulnerabilities(ledger):
    """Packages of hostile names on two targets, one of them seen in part, and what a feed says of them."""
    now = datetime.now(UTC)
    found = [Package("Debian:12", text, text, source="s") for text in STRINGS[:5]]
    with ledger.write() as connection:
        put_feed(connection, Feed("debian", "d.jsonl.gz", "aa", 3, "2026-05-01T00:00:00Z", now))
        put_look(connection, Target("AWS::EC2::Instance", "i-1", ONE, "eu-west-1", STRINGS[0]), found, "agent", now)
        put_look(connection, Target("image", STRINGS[1], ONE), found[:2], "import", now, STRINGS[2])
        said = [
            Vulnerability(each, f"CVE-2026-{place}", "debian", (STRINGS[3],), STRINGS[4], severity, now)
            for place, (each, severity) in enumerate(
                zip(found, ("critical", "high", "medium", "low", "unknown"), strict=True)
            )
        ]
        put_vulnerabilities(connection, [(id_of(each.package), each) for each in said])


def let_hosts_in(ledger):
    """A host whose files changed, one that waits for the place of another, and a token by which more may join."""
    now = datetime.now(UTC)
    place = {"provider": "aws", "instance": "i-1", "machine": "m-1", "account": ONE, "region": "eu-west-1"}
    said = {
        "os": {"id": "debian"},
        "tags": {STRINGS[1]: STRINGS[2]},
        "facts": {"kernel": STRINGS[3]},
        "agent_version": "1.0",
    }
    host = Host("a" * 32, "a" * 32, "c2VjcmV0", "enrolled", now, hostname=STRINGS[0], last_seen_at=now, **place, **said)
    waiting = replace(host, id="b" * 32, agent="b" * 32, state="waiting", cause="another holds i-1", hostname="web-2")
    with ledger.write() as connection:
        put_host(connection, host)
        put_host(connection, waiting)
        put_table(connection, HostTable(host.id, "users", "d", [{"name": text, "uid": 0} for text in STRINGS], now))
        put_table(connection, HostTable(host.id, "cron", "d", [], now, f"denied: {STRINGS[0]}"))
        put_file_baseline(
            connection, FileBaseline(host.id, "/usr/bin", "r1", "s1", "s2", 5, now, now, unexplained=4, explained=1)
        )
        for number, text in enumerate(STRINGS[:5]):
            found = FileChange(host.id, f"/usr/bin/{text}", "modified", "high", f"c{number}", number == 0, now, now)
            put_change(connection, replace(found, explanation=text if number == 0 else "", package=text))
        _, made = make_token("f" * 64, 3, now, now + timedelta(hours=1), {"team": STRINGS[0]}, "Ada Admin")
        add_token(connection, made)


def seal_a_case(config, ledger):
    """A run that has ended, and its sealed evidence."""
    run = Run("sealed", "capture_evidence", {"account": ONE}, "", (), RunStatus.DONE, requested_by="Ann Analyst")
    with ledger.write() as connection:
        add_run(connection, run, datetime.now(UTC))
    box = opened_vault(config, ledger).box("sealed", case=STRINGS[0])
    for text in STRINGS[:4]:
        box.add(text, text.encode(), media_type="text/plain", source=text, captured_at=datetime.now(UTC))
    box.seal()


@pytest.fixture(scope="module")
def url(client, portal):
    """Where the portal is served."""
    with serving(portal) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        lacking("There is no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A page of a browser, and what went wrong in it."""

    page: object
    url: str
    faults: list

    def go(self, path):
        self.page.goto(self.url + path)
        self.page.locator("main h1, main h2, main.gate").first.wait_for()
        return self.page

    def sign_in(self, name="Ada Admin", password=PASSWORD):
        self.page.goto(f"{self.url}/sign-in")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.get_by_role("heading", name="Overview").wait_for()
        return self

    def ask(self, path):
        """What the API answers to this visitor."""
        if self.page.url == "about:blank":
            self.page.goto(f"{self.url}/icon.svg")
        return self.page.evaluate("path => fetch('/api/v1/' + path).then(answer => answer.json())", path)


@pytest.fixture(scope="session")
def signed_in():
    """Sessions of users, since signing in is made slow for who does it often."""
    return {}


@pytest.fixture
def visit(chromium, url, portal, signed_in):
    """Open a browser of one's own: visit(color_scheme="dark") and so on; signed in as `name`, unless that is empty."""
    contexts, visitors = [], []

    def open_(name="Ada Admin", roles=("admin",), **options):
        state = signed_in.get((url, name))
        context = chromium.new_context(
            **({"viewport": {"width": 1280, "height": 800}, "storage_state": state} | options)
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        visitor = Visitor(context.new_page(), url, [])
        watch(visitor)
        visitors.append(visitor)
        if name and not state:
            add_user(portal, name, *roles)
            visitor.sign_in(name)
            signed_in[url, name] = context.storage_state()
        return visitor

    yield open_
    for context in contexts:
        context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []


def watch(visitor):
    """Note every fault of a page."""
    page, faults = visitor.page, visitor.faults
    page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
    page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on(
        "console",
        lambda message: (
            faults.append(f"console: {message.text}")
            if message.type == "error" and not EXPECTED.match(message.text)
            else None
        ),
    )


@pytest.fixture
def setup_link(url, portal):
    """A one-time link that makes an administrator."""
    with portal.ledger.write() as connection:
        token, _ = make_link(connection, "setup", "", portal.clock())
    return f"/setup#{token}"
