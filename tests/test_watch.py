"""What a configuration names is what is watched."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from nephoscope.clouds import Clouds
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.clouds.named import acting_of
from nephoscope.config import Account, Advisories, Config
from nephoscope.detect.rule import RuleSet
from nephoscope.inventory.written import Touch
from nephoscope.keep import Stores, keep_gaps, keep_hours
from nephoscope.model.coverage import Gap, Hour, HourState
from nephoscope.model.errors import ConfigError, StoreError
from nephoscope.store.findings import upsert_findings
from nephoscope.store.items import current_items
from nephoscope.store.ledger import open_ledger
from nephoscope.watch import Watch, source_types, sources_of, watching
from tests.flows.folder_source import listener
from tests.store.samples import detection

ACCOUNT = "123456789012"
TRAIL = {"type": "aws_cloudtrail", "bucket": "logs"}
ONE = {"audit": Account("111122223333", profile="audit")}
TWO = ONE | {"other": Account("444455556666", profile="other")}
KEY = (ACCOUNT, "us-east-1", "AWS::S3::Bucket", "company-logs")


def config(tmp_path, **sources):
    account = Account(ACCOUNT, profile="audit", regions=("us-east-1",))
    return Config(tmp_path / "data", accounts={"prod": account}, sources=sources)


def test_every_source_that_a_configuration_can_name_is_known_by_its_own_name():
    assert all(name == kind.name for name, kind in source_types().items())
    assert {"aws_cloudtrail", "aws_vpc_flow", "azure_activity", "github_audit"} <= set(source_types())


def made(tmp_path, accounts, **settings):
    return sources_of(Config(tmp_path, accounts=accounts, sources={"trail": TRAIL | settings}))["trail"]


@pytest.mark.parametrize(
    ("accounts", "named", "id_"),
    [
        (ONE, {}, "111122223333"),
        (TWO, {"account": "other"}, "444455556666"),
        (TWO, {"account": "111122223333"}, "111122223333"),
    ],
)
def test_a_source_is_read_with_the_account_that_it_names_or_the_only_one(tmp_path, accounts, named, id_):
    assert made(tmp_path, accounts, **named).account == id_


@pytest.mark.parametrize(
    ("accounts", "named", "said"),
    [
        (TWO, {}, "say by account"),
        (TWO, {"account": "othr"}, "no account 'othr'; did you mean 'other'"),
        ({}, {}, "no AWS account is configured"),
    ],
)
def test_a_source_whose_account_is_not_clear_is_refused_at_the_start(tmp_path, accounts, named, said):
    with pytest.raises(ConfigError, match=said):
        made(tmp_path, accounts, **named)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"type": "aws_cloudtrial", "bucket": "b"}, "did you mean 'aws_cloudtrail'?"),
        ({"type": "aws_cloudtrail", "buckte": "b"}, "did you mean 'bucket'?"),
        ({"type": "aws_cloudtrail"}, "'bucket' is missing"),
        ({"type": "aws_cloudtrail", "bucket": "b", "lookback_days": "two"}, "lookback_days is 'two'"),
    ],
    ids=["type", "setting", "nothing", "value"],
)
def test_a_source_that_is_written_wrong_says_where_and_what_comes_nearest(tmp_path, settings, said):
    with pytest.raises(ConfigError, match=r"sources\.trail") as refused:
        sources_of(config(tmp_path, trail=settings))

    assert said in str(refused.value)


@pytest.fixture
def aws(monkeypatch):
    """A simulated account with one bucket."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        account = Aws((AwsAccount(id=ACCOUNT, access_key_id="AKIAEXAMPLE", secret_access_key="secret"),))
        account.client("s3").create_bucket(Bucket=KEY[3])
        yield account


@pytest.fixture
def watch(tmp_path, lake, aws):
    """A watch of that account, not started."""
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        clouds = Clouds(aws)
        yield Watch(
            config(tmp_path),
            clouds,
            clouds,
            Stores(lake, ledger, listener()),
            RuleSet(),
            {},
            acting_of(config(tmp_path)),
        )


def test_a_resource_that_was_touched_is_read_again_and_no_other(watch):
    [refresh] = [job for job in watch.jobs.jobs if job.name == "refresh"]
    watch.items.plan = replace(watch.items.plan, regions={ACCOUNT: ("us-east-1",)})  # as a pass finds them
    watch.touch([Touch(KEY)])

    assert refresh.round() is True
    assert refresh.round() is False
    assert {revision.item.key for revision in current_items(watch.stores.lake)} == {KEY}
    assert len(watch.waiting) == 0


def test_each_job_runs_for_what_is_configured_and_for_nothing_else(watch, tmp_path):
    trail = {"type": "aws_cloudtrail", "bucket": "b", "account": "prod"}
    flows = {"type": "aws_vpc_flow", "bucket": "b", "account": "prod"}
    sources = sources_of(config(tmp_path, trail=trail, flows=flows))
    with_sources = Watch(watch.config, watch.clouds, watch.clouds, watch.stores, RuleSet(), sources, watch.acting)
    without = Watch(Config(tmp_path), Clouds(), Clouds(), watch.stores, RuleSet(), {}, watch.acting)
    always = {"triggers", "respond 1", "respond 2", "respond 3", "respond 4", "seal", "decide", "carry", "retention"}
    always |= {"vulnerabilities", "surroundings", "presence", "collect host_logs"}
    always |= {"schedules", *(f"scheduled {number}" for number in range(1, 5))}

    assert {job.name for job in without.jobs.jobs} == always
    assert {job.name for job in watch.jobs.jobs} == {"inventory", "refresh", "refresh aside", *always}
    assert {job.name for job in with_sources.jobs.jobs} == {
        "collect trail",
        "collect flows",
        "completeness trail",
        "inventory",
        "refresh",
        "refresh aside",
        *always,
    }


def test_each_exporter_that_is_configured_is_a_job_and_credentials_of_exporters_are_not_read(watch, tmp_path):
    accounts = {"notify": Account(ACCOUNT, profile="notify", export=True)}
    exporters, routes = {"chat": {"type": "console"}}, {"all": {"to": ["chat"]}}
    told = Watch(
        Config(tmp_path, accounts=accounts, exporters=exporters, routes=routes),
        Clouds(),
        Clouds(),
        watch.stores,
        RuleSet(),
        {},
        watch.acting,
    )

    assert "export chat" in {job.name for job in told.jobs.jobs}
    assert "inventory" not in {job.name for job in told.jobs.jobs}


def test_what_scans_have_left_is_swept_where_disks_are_scanned(watch, tmp_path):
    accounts = {"prod": Account(ACCOUNT, profile="p", inventory=False, scan_role=f"arn:aws:iam::{ACCOUNT}:role/Scan")}
    config = Config(tmp_path, accounts=accounts)
    scanning = Watch(config, Clouds(), Clouds(), watch.stores, RuleSet(), {}, watch.acting)

    assert "sweep scans" in {job.name for job in scanning.jobs.jobs}
    assert "sweep scans" not in {job.name for job in watch.jobs.jobs}


def test_a_route_that_is_wrong_stops_the_start_before_anything_is_opened(tmp_path):
    wrong = Config(tmp_path / "data", exporters={"chat": {"type": "console"}}, routes={"all": {"to": ["chta"]}})

    with pytest.raises(ConfigError, match="did you mean 'chat'"), watching(wrong, Clouds(), listener()):
        pass
    assert not (tmp_path / "data").exists()


def test_feeds_are_fetched_only_where_they_are_configured_and_wrong_ones_stop_the_start(watch, tmp_path):
    told = Config(tmp_path, advisories=Advisories(("debian",)))
    fetching = Watch(told, Clouds(), Clouds(), watch.stores, RuleSet(), {}, watch.acting)
    assert "advisories" in {job.name for job in fetching.jobs.jobs}

    for said in (Advisories(("debain",)), Advisories(("debian",), proxy="proxy:1"), Advisories(every="soon")):
        with pytest.raises(ConfigError), watching(Config(tmp_path / "data", advisories=said), Clouds(), listener()):
            pass
    assert not (tmp_path / "data").exists()


def test_a_source_with_a_queue_has_its_backlog_listed_by_a_job_of_its_own(watch, tmp_path):
    queued = sources_of(config(tmp_path, trail=TRAIL | {"queue": "https://sqs/trail"}))
    with_queue = Watch(watch.config, watch.clouds, watch.clouds, watch.stores, RuleSet(), queued, watch.acting)

    assert "backlog trail" in {job.name for job in with_queue.jobs.jobs}


@pytest.mark.parametrize(
    ("kind", "setting", "judged", "after"),
    [
        ("aws_vpc_flow", {}, True, None),
        ("aws_vpc_flow", {"quiet_after": "auto"}, True, None),
        ("aws_vpc_flow", {"quiet_after": "36h"}, True, timedelta(hours=36)),
        ("aws_vpc_flow", {"quiet_after": "never"}, False, None),
        ("aws_cloudtrail", {"quiet_after": "36h"}, False, None),
    ],
)
def test_a_source_that_goes_quiet_is_noticed_as_configured_and_a_trail_by_its_hours(
    watch, tmp_path, kind, setting, judged, after
):
    settings = config(tmp_path, logs={"type": kind, "bucket": "b"} | setting)
    sources = sources_of(settings)
    quiet = Watch(settings, watch.clouds, watch.clouds, watch.stores, RuleSet(), sources, watch.acting).logs["logs"]

    assert (quiet.silence is not None) == judged
    assert quiet.silence is None or quiet.silence.quiet_after == after


@pytest.mark.parametrize("said", ["soon", "0h", 24, "-1d", "1w"])
def test_a_quiet_after_that_is_no_time_is_refused(tmp_path, said):
    with pytest.raises(ConfigError, match=r"sources\.logs: quiet_after is .* not a time such as '90m'"):
        sources_of(config(tmp_path, logs={"type": "aws_vpc_flow", "bucket": "b", "quiet_after": said}))


def test_the_silence_of_a_source_that_is_configured_no_more_is_no_gap(watch):
    keep_gaps(watch.stores, [Gap("silence", "old", "nothing received since long")])
    Watch(watch.config, watch.clouds, watch.clouds, watch.stores, RuleSet(), {}, watch.acting)

    assert watch.totals()["gaps"] == 0


def test_the_totals_count_open_findings_gaps_and_hours(watch):
    now = datetime.now(UTC)
    with watch.stores.ledger.write() as connection:
        upsert_findings(connection, [detection("e1"), detection("e2")])
    hour = Hour("trail", ACCOUNT, "us-east-1", now.replace(minute=0, second=0, microsecond=0), HourState.PENDING)
    keep_hours(watch.stores, [hour], now)
    keep_gaps(watch.stores, [Gap("read", "AWS::S3::Bucket", "denied", ACCOUNT)])

    assert watch.totals() == {"open findings": 2, "gaps": 1, "pending hours": 1}
    assert not watch.has_read_all


def test_the_findings_that_an_earlier_process_left_open_are_counted_by_severity(watch):
    with watch.stores.ledger.write() as connection:
        upsert_findings(connection, [detection("e1"), detection("e2")])
    severity = detection("e1").severity
    again = Watch(watch.config, watch.clouds, watch.clouds, watch.stores, RuleSet(), {}, watch.acting)

    assert not any(watch.open_before.values())
    assert {each: count for each, count in again.open_before.items() if count} == {severity: 2}


def test_a_data_folder_that_cannot_be_made_is_named_with_the_reason(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(StoreError, match="data folder .*file/data cannot be made"),
        watching(Config(tmp_path / "file" / "data"), Clouds(), listener()),
    ):
        pass
