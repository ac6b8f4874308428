import gzip
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.collect.serving import GitHub, cloud_events, served
from tests.shared_data import shared

from nephoscope.clouds import Clouds
from nephoscope.collect.sources.github_audit import GithubAudit
from nephoscope.model.errors import AccessDenied, CloudError, ConfigError


def happened(number, minutes_ago):
    at = int((datetime.now(UTC) - timedelta(minutes=minutes_ago)).timestamp() * 1000)
    return {"@timestamp": at, "_document_id": f"d{number}", "action": "repo.create", "actor": "cat", "org": "acme"}


@pytest.fixture
def log():
    """250 events of two hours ago, one of now."""
    return GitHub([happened(number, 120) for number in range(250)] + [happened(999, 0)])


@pytest.fixture
def github(log, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN_HERE", "t0ken")
    with served(log) as url:
        yield GithubAudit(organisation="acme", token_env="GITHUB_TOKEN_HERE", api_url=url, lookback_s=10_800)


def collected(source, seen=()):
    objects = list(source.objects(Clouds(), seen))
    batches = []
    for one in objects:
        with source.open(Clouds(), one) as stream:
            batches += source.batches(stream, one.uri)
    return objects, [uid for batch in batches for uid in batch.filled()["metadata.uid"]], batches


def test_every_event_is_read_once_over_pages_and_windows(github):
    _, uids, _ = collected(github)
    assert sorted(uids) == sorted(f"d{number}" for number in range(250))


def test_windows_that_were_read_are_not_asked_for_again(github, log):
    objects, _, _ = collected(github)
    asked = log.asked
    again, uids, _ = collected(github, {one.key for one in objects})
    assert (list(again), uids, log.asked) == ([], [], asked)


def test_a_window_is_read_again_later_for_what_came_late(github):
    objects, _, _ = collected(github)
    versions = {one.version for one in objects}
    assert versions == {"1", "2"}
    early = {(one.uri, "1") for one in objects}
    assert {one.version for one in github.objects(Clouds(), early)} == {"2"}


def test_a_rate_limit_is_waited_for(github, log):
    log.refusals = [(429, {"Retry-After": "0"}), (403, {"X-RateLimit-Remaining": "0", "Retry-After": "0"})]
    assert len(collected(github)[1]) == 250


def test_a_limit_that_lasts_too_long_is_an_error_that_says_so(github, log):
    log.refusals = [(403, {"X-RateLimit-Remaining": "0", "Retry-After": "3000"})]
    with pytest.raises(CloudError, match="3000 s"):
        collected(github)


def test_a_wrong_token_is_denied_and_not_shown(github, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN_HERE", "wr0ng")
    with pytest.raises(AccessDenied) as raised:
        collected(github)
    assert raised.value.permission == "read:audit_log"
    assert "wr0ng" not in str(raised.value)


def test_a_token_that_is_not_set_is_named_by_its_variable(github, monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN_HERE")
    with pytest.raises(ConfigError, match="GITHUB_TOKEN_HERE"):
        collected(github)


def test_an_event_becomes_ocsf_and_its_text_is_kept():
    event = {**happened(1, 0), "action": "protected_branch.destroy", "repo": "acme/x", "data": {"a": [1]}}
    [batch] = GithubAudit.batches(io.BytesIO(json.dumps([event]).encode()), "f")
    ocsf = batch.ocsf(0)
    assert (ocsf["class_uid"], ocsf["activity_id"], ocsf["status_id"]) == (6003, 4, 1)
    assert (ocsf["actor.user.uid"], ocsf["api.operation"]) == ("cat", "protected_branch.destroy")
    assert ocsf["resource_uids"] == ["acme/x"]
    assert json.loads(ocsf["raw_data"]) == event
    assert batch.value("DATA.a", 0) == [1]


def test_sigmas_fields_find_what_its_rules_must_match():
    events, expected = cloud_events("github")
    [batch] = GithubAudit.batches(io.BytesIO(json.dumps(events).encode()), "f")
    actions = batch.values("Action")
    assert len(actions) == len(events)
    destroyed = [
        row for row, action in enumerate(actions) if action in ("environment.delete", "project.delete", "repo.destroy")
    ]
    assert destroyed == expected["github_delete_action_invoked.yml"]


def test_the_core_of_vendor_samples_is_read_as_expected():
    with gzip.open(shared("normalise_elastic") / "cases.jsonl.gz") as lines:
        cases = [case for case in map(json.loads, lines) if case["src"] == "github.audit"]
    names = {"action": "api.operation", "user": "actor.user.uid", "id": "metadata.uid", "ua": "http_request.user_agent"}
    for case in cases:
        [batch] = GithubAudit.batches(io.BytesIO(case["input"]["message"].encode()), "f")
        ocsf, core = batch.ocsf(0), case["core"]
        assert ocsf["time"].isoformat(timespec="milliseconds") == core["time"].replace("Z", "+00:00")
        assert {name: ocsf[column] for name, column in names.items() if name in core} == {
            name: core[name] for name in names if name in core
        }


def test_after_an_absence_it_looks_back_as_long_as_nobody_read_it(github, log):
    log.events.insert(0, happened(1000, 3 * 1440))

    assert "d1000" not in collected(github)[1]
    assert "d1000" in collected(github.since(3))[1]


def test_a_probe_reads_a_little_and_says_what_keeps_it_from_more(github, log, monkeypatch):
    assert github.probe(Clouds()) is None
    assert log.asked == 1
    monkeypatch.setenv("GITHUB_TOKEN_HERE", "stale")
    with pytest.raises(AccessDenied, match="Bad credentials"):
        github.probe(Clouds())
