"""Portals over stores in which a little has happened."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.portal.serving import Browser, Clock, browser_of
from tests.store.samples import NOON, detection, event_rows, failed_check

from nephoscope.assess.assessor import builtin_checks
from nephoscope.config import Account, Config, PortalSettings
from nephoscope.detect.loading import load_rules
from nephoscope.model.coverage import Gap, Hour, HourState
from nephoscope.model.finding import Kind, ResourceRef, Severity
from nephoscope.model.item import Item, Relationship
from nephoscope.model.verdict import Fail, Pass, Unknown
from nephoscope.portal.app import make_app
from nephoscope.portal.context import Portal, secret_of
from nephoscope.store.events import insert_events
from nephoscope.store.feed import tell
from nephoscope.store.findings import upsert_findings
from nephoscope.store.gaps import record_gaps
from nephoscope.store.hours import put_hours
from nephoscope.store.items import Revision, digest_of, insert_revisions
from nephoscope.store.ledger import open_ledger
from nephoscope.store.outbox import drain_outbox
from nephoscope.store.verdicts import Assessment, put_verdicts

ONE, TWO = "111111111111", "222222222222"
CHECK = "s3_bucket_blocks_public_access"
NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
RULES = load_rules(())
RULE = next(rule for rule in RULES.rules if rule.about.description).about


@pytest.fixture
def clock():
    return Clock(NOW)


@pytest.fixture
def portal(lake, tmp_path, clock):
    """A portal whose stores hold two accounts: findings, a bucket with three revisions, events, a gap, hours."""
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        seed(lake, ledger)
        accounts = {"prod": Account(ONE, profile="audit", regions=("eu-west-1",))}
        config = Config(tmp_path, accounts=accounts, portal=PortalSettings(public_url="https://localhost"))
        yield Portal(lake, ledger, config, RULES, clock=clock, secret=secret_of(ledger))


@pytest.fixture
def app(portal):
    return make_app(portal)


@pytest.fixture
def browser(app):
    """Nobody's browser."""
    return Browser(app)


@pytest.fixture
def admin(portal):
    return browser_of(portal, "Ada Admin", "admin")


@pytest.fixture
def viewer(portal):
    return browser_of(portal, "Vic Viewer", "viewer")


@pytest.fixture
def analyst(portal):
    return browser_of(portal, "Ann Analyst", "analyst")


@pytest.fixture
def scoped(portal):
    """An administrator of the second account only."""
    return browser_of(portal, "Sam Scoped", "admin", "responder", accounts=(TWO,))


def bucket(configuration, at, account=ONE, name="logs", **more):
    return Item(
        "AWS::S3::Bucket",
        name,
        account,
        "eu-west-1",
        configuration,
        arn=f"arn:aws:s3:::{name}",
        name=name,
        tags={"team": "data"},
        captured_at=at,
        **more,
    )


def revision(item, before="", **more):
    return Revision(item, digest_of(item), item.captured_at, before, **more)


def seed(lake, ledger):
    """What the portal fixture says."""
    insert_events(lake, event_rows(5), "b1")
    insert_events(lake, event_rows(2, account=TWO, first=10, operation="GetObject"), "b2")
    closed = bucket({"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}, NOON)
    opened = bucket({"PublicAccessBlockConfiguration": {"BlockPublicAcls": False}}, NOON + timedelta(hours=1))
    first, second = revision(closed), revision(opened, digest_of(closed), changed=("/PublicAccessBlockConfiguration",))
    actor = {"uid": f"arn:aws:iam::{ONE}:user/mallory", "type": "IAMUser", "name": "mallory", "ip": "203.0.113.9"}
    made = {"event_uid": "e1", "actor": actor, "time": "2026-05-01T13:00:00Z", "operation": "PutBucketAcl"}
    other = bucket({}, NOON, account=TWO, name="theirs", relationships=(Relationship("uses", "AWS::KMS::Key", "k1"),))
    key = Item("AWS::KMS::Key", "k1", TWO, "eu-west-1", {"Enabled": True}, captured_at=NOON)
    insert_revisions(lake, [first, revision(other), revision(key)], "r1")
    insert_revisions(
        lake,
        [Revision(second.item, second.digest, second.captured_at, second.previous_digest, False, second.changed, made)],
        "r2",
    )
    with ledger.write() as connection:
        put_verdicts(connection, [Assessment(closed.key, first.digest, {CHECK: Pass()})], NOON)
        put_verdicts(connection, [Assessment(opened.key, second.digest, {CHECK: Fail("off")})], second.captured_at)
        put_verdicts(connection, [Assessment(other.key, digest_of(other), {CHECK: Unknown("denied")})], NOON)
        theirs = ResourceRef("AWS::S3::Bucket", "theirs", TWO, "eu-west-1")
        upsert_findings(
            connection,
            [
                detection(rule=RULE.id),
                failed_check(),
                failed_check("theirs", resource=theirs, severity=Severity.LOW, subject=(TWO, "theirs")),
                failed_check("other", kind=Kind.INTEGRITY, rule="log_hour_is_complete", severity=Severity.CRITICAL),
            ],
        )
        record_gaps(connection, [Gap("read", "AWS::S3::Bucket", "denied", ONE, "eu-west-1", "s3:GetBucketAcl")], NOON)
        record_gaps(connection, [Gap("read", "AWS::EC2::Instance", "denied", TWO, "eu-west-1")], NOON)
        put_hours(connection, [Hour("trail", account, "eu-west-1", NOON, HourState.VERIFIED) for account in (ONE, TWO)])
        tell(connection, "run", [("r1", {"account": ONE})])
    drain_outbox(ledger, lake)
    assert CHECK in builtin_checks()
