"""The whole story, on the real server: an incident plays, is seen, answered, taken back, and its evidence proven."""

import re
import signal
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

pytest.importorskip("moto")
pytest.importorskip("chdb")

from nephoscope.config import Config
from nephoscope.store.ledger import open_ledger
from nephoscope.store.portal_tables import SESSIONS
from nephoscope.store.users import new_user, put_user
from tests.e2e.conftest import Visitor, watch
from tests.flows.test_story import Up
from tests.portal.serving import HASHED, PASSWORD

pytestmark = pytest.mark.slow
SOON_MS = 40_000
LINK = re.compile(r"(http://localhost:\d+)(/setup#\S+)")


@pytest.fixture(scope="module")
def up(client, tmp_path_factory):
    """`nephoscope up` in a folder of its own, on any port; it has read the sandbox's accounts."""
    folder = tmp_path_factory.mktemp("story")
    (folder / "nephoscope.toml").write_text("[portal]\nport = 0\n")
    started = Up(folder / "data", "--no-incident")
    started.ledger = Config(folder / "data").ledger_url
    started.wait_for("the portal: ", "/setup#")
    started.url, started.link = LINK.search(started.said[-1]).groups()
    started.wait_for("found at the first look")
    yield started
    started.end(signal.SIGINT, whole_group=True)


@pytest.fixture
def enter(chromium, up):
    """`enter()`: a browser at the server; any violation of the policy or error in a console fails the test."""
    contexts, visitors = [], []

    def open_():
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(SOON_MS)
        contexts.append(context)
        visitor = Visitor(context.new_page(), up.url, [])
        watch(visitor)
        visitors.append(visitor)
        return visitor

    yield open_
    for context in contexts:
        context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []


def responder(up, name):
    """A user who may respond."""
    with open_ledger(up.ledger) as ledger, ledger.write() as connection:
        put_user(connection, new_user(name, ("responder",), ("*",), datetime.now(UTC), password=HASHED))
    return name


def an_hour_passes(up):
    """Everybody's last proof of who they are is older than an approval asks for."""
    with open_ledger(up.ledger) as ledger, ledger.write() as connection:
        connection.execute(update(SESSIONS).values(proven_at=datetime.now(UTC) - timedelta(hours=1)))


def confirmed(page, what):
    """Open the dialog of a decision, and decide."""
    page.get_by_role("button", name=what, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=what, exact=True).click()


def test_an_incident_is_seen_answered_taken_back_and_its_evidence_proven(enter, up):
    page = set_up(enter().page, up)
    page.evaluate("window.isTheSamePage = true")
    page.get_by_role("button", name="Play: public bucket").click()
    seen = page.locator(".latest a", has_text="policy gives nothing to everyone").filter(has_text="partner-export")
    seen.first.click()
    page.get_by_role("heading", name="policy gives nothing to everyone").wait_for()
    finding = page.url
    page.get_by_role("link", name="Resource", exact=True).click()
    page.locator(".tabs a", has_text="Timeline").click()
    page.get_by_text(re.compile("(Put|Delete)BucketPolicy")).first.wait_for()
    page.get_by_text("PlatformEngineer/partner-export").first.wait_for()
    resource = page.url
    assert page.evaluate("window.isTheSamePage") is True

    run = answered(enter().sign_in(responder(up, "Rolf Requester")).page, finding)
    an_hour_passes(up)
    page.goto(run)
    confirmed(page, "Approve")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Continue").click()
    page.get_by_text("Approved by Ada Admin").wait_for()
    page.locator("article header").get_by_text("Done").wait_for()
    page.goto(resource)
    page.get_by_text("PutBucketPublicAccessBlock").first.wait_for()

    page.goto(run)
    confirmed(page, "Revert")
    page.locator("article header").get_by_text("Reverted").wait_for()
    page.get_by_role("link", name="1 capture").click()
    page.get_by_role("button", name="Verify now").click()
    page.get_by_text("As it was sealed: 1 file").wait_for()
    page.get_by_text("Ada Admin").first.wait_for()


def test_an_instance_is_quarantined_put_back_and_its_evidence_proven(enter, up):
    asking = enter().sign_in(responder(up, "Quentin Requester"))
    server = asking.ask('items?q=type:"AWS::EC2::Instance" name:web-2&limit=1')["items"][0]
    resource = f"{up.url}/items/{server['key']}?tab="
    page = asking.page
    page.goto(f"{resource}actions")
    page.get_by_role("link", name="Respond with a playbook").click()
    planned(page, "quarantine_instance", instance_id=server["id"])

    other = enter().sign_in(responder(up, "Olga Other")).page
    other.goto(page.url)
    confirmed(other, "Approve")
    page.get_by_text("Approved by Olga Other").wait_for()
    page.locator("article header").get_by_text("Done").wait_for()
    other.goto(f"{resource}timeline")
    other.get_by_text(re.compile("Modify(NetworkInterface|Instance)Attribute")).first.wait_for()
    confirmed(page, "Revert")
    page.locator("article header").get_by_text("Reverted").wait_for()
    page.get_by_role("link", name=re.compile("[0-9]+ captures")).click()
    page.get_by_role("button", name="Verify now").click()
    page.get_by_text(re.compile("As it was sealed: [0-9]+ files")).wait_for()


def set_up(page, up):
    """The first link leads to an administrator."""
    page.goto(up.url + up.link)
    page.get_by_label("Name").fill("Ada Admin")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password again").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Not now").click()
    page.get_by_role("heading", name="Overview").wait_for()
    return page


def answered(page, finding):
    """Ask for what answers a finding; the address of the run, which waits for somebody else."""
    page.goto(finding)
    page.get_by_role("link", name="Respond with a playbook").click()
    return planned(page, "close_public_bucket", bucket="customer-exports")


def planned(page, playbook, **known):
    """Ask for a playbook whose inputs are filled in; the address of the run, which waits for somebody else."""
    page.get_by_role("gridcell", name=playbook).click()
    page.get_by_role("button", name="Run it").click()
    for name, value in known.items():
        assert value in page.get_by_role("dialog").get_by_label(name).input_value()
    page.get_by_role("button", name="Make the plan").click()
    page.get_by_role("button", name="Decline").wait_for()
    assert page.get_by_role("button", name="Approve").count() == 0
    return page.url
