"""What `up` shows when nothing is configured: a company that is watched, and incidents that play by themselves."""

import json
import os
from datetime import UTC, datetime

import pytest

from nephoscope.model.errors import StoreError
from nephoscope.model.finding import Finding, Kind, ResourceRef, Severity, Status
from nephoscope.sandbox.company import Company, keep
from nephoscope.sandbox.company.organisation import Account, Logs
from nephoscope.sandbox.company.reach import Keys
from nephoscope.sandbox.control import Sandbox
from nephoscope.sandbox.journal import own
from nephoscope.sandbox.stage import ENDPOINT, FIRST, PLAYED, Stage, incidents, staged
from nephoscope.store.findings import get_findings, upsert_findings
from nephoscope.store.ledger import open_ledger
from nephoscope.store.waivers import apply_waivers, list_waivers
from nephoscope.watch import sources_of

URL = "http://127.0.0.1:4577"
ACCOUNTS = [Account(digit * 12, name) for digit, name in (("1", "security"), ("2", "production"), ("3", "development"))]
COMPANY = Company(
    URL,
    "o-example",
    *ACCOUNTS,
    product=Keys("AKIAPRODUCT", "secret"),
    logs=Logs("trail", f"{URL}/1/trail", "flows", f"{URL}/1/flows"),
    public_cache="cache",
    customer_bucket="customers",
)


@pytest.fixture
def stage(tmp_path):
    """A stage as it stands in a folder, without anything that runs."""
    return Stage(Sandbox(URL, tmp_path / "aws", 1), COMPANY, tmp_path)


def test_every_account_is_read_by_its_read_role_and_every_log_is_a_source(stage, tmp_path):
    config = stage.config(tmp_path / "data")
    sources = sources_of(config)

    assert {account.id: account.role_arn for account in config.accounts.values()} == {
        each.id: f"arn:aws:iam::{each.id}:role/{COMPANY.read_role}" for each in ACCOUNTS
    }
    assert {name: (type(source).name, source.bucket) for name, source in sources.items()} == {
        "trail": ("aws_cloudtrail", "trail"),
        "flows": ("aws_vpc_flow", "flows"),
    }


def test_it_is_watched_with_the_products_own_keys_and_no_others(stage):
    accounts, logs = stage.clouds()

    assert {account.access_key_id for account in (*accounts.aws.accounts, *logs.aws.accounts)} == {"AKIAPRODUCT"}
    assert all(account.role for account in accounts.aws.accounts)
    assert [account.role for account in logs.aws.accounts] == [""]
    assert {accounts.aws.endpoint_url, logs.aws.endpoint_url} == {URL}


def test_what_the_response_roles_could_be_misused_for_is_waived_with_its_reason_and_nothing_else(stage, tmp_path):
    def flaw(role, rule="iam_policy_opens_no_way_to_more_privileges"):
        where = ResourceRef("AWS::IAM::Role", role, "1", "global")
        return Finding(Kind.COMPLIANCE, rule, "T", Severity.HIGH, (role, rule), datetime.now(UTC), resource=where)

    ours, other, also = flaw("NephoscopeRespond-aws_deny_role"), flaw("deploy"), flaw("NephoscopeRespond-x", "another")
    with open_ledger(str(tmp_path / "ledger.sqlite")) as ledger, ledger.write() as connection:
        upsert_findings(connection, [ours, other, also])
        stage.accept_risks(connection)
        stage.accept_risks(connection)
        apply_waivers(connection)
        [waiver] = list_waivers(connection)
        found = get_findings(connection, [each.uid for each in (ours, other, also)])
    assert "IAM has no condition" in waiver.reason
    assert waiver.approved_by != waiver.requested_by
    assert [found[each.uid].status for each in (ours, other, also)] == [Status.WAIVED, Status.OPEN, Status.OPEN]


def test_each_incident_plays_once_the_leaked_key_first(stage):
    played = []
    while name := stage.next_incident():
        played.append(name)
        (stage.folder / PLAYED).write_text(json.dumps(played))

    assert played[0] == FIRST
    assert sorted(played) == sorted(incidents())


def test_an_incident_counts_as_played_from_its_first_step_so_that_it_never_plays_twice(stage):
    def die(step):
        raise ConnectionError(step)

    with pytest.raises(Exception, match=r".+"):
        stage.play(FIRST, 0.0, die)

    assert stage.next_incident() not in ("", FIRST)


def test_a_company_that_was_built_is_found_again_where_its_sandbox_answers_now(tmp_path):
    keep.keep(COMPANY, tmp_path / "aws")
    told = []

    with staged(tmp_path, told.append) as stage:
        written = json.loads((tmp_path / "aws" / ENDPOINT).read_text())
        assert stage.company.endpoint_url == stage.sandbox.endpoint_url == written["endpoint_url"]
        assert stage.sandbox.steer("health")["status"] == "ok"
    assert told == []


def test_a_folder_in_which_a_sandbox_runs_is_refused_and_left_as_it_is(tmp_path):
    state = tmp_path / "aws"
    lock = own(state)
    (state / "journal.jsonl").write_text("half a company")

    with pytest.raises(StoreError, match="another sandbox is using this folder"), staged(tmp_path, print):
        pytest.fail("it was started")

    assert (state / "journal.jsonl").read_text() == "half a company"
    os.close(lock)
