"""SigmaHQ's rules on other vendors' events, through their sources: what must match does, and nothing else."""

import gzip
import io
import json
import tarfile

import pytest
from tests.detect.sigma_rules import rule_set
from tests.shared_data import shared

from nephoscope.collect.sources.azure_activity import AzureActivity
from nephoscope.collect.sources.github_audit import GithubAudit
from nephoscope.detect.matcher import Matcher

# The answers take `operationName: {value, localizedValue}`, as the REST API writes it, for no operation; we read it.
BEYOND = {("09438caa-07b1-4870-8405-1dbafe3dad95", 55)}


@pytest.mark.parametrize(
    ("source", "product", "folder"),
    [(GithubAudit, "github", "github"), (AzureActivity, "azure_activitylogs", "azure/activity_logs")],
)
def test_vendors_events_match_the_rules_that_they_must(source, product, folder):
    cases = shared("sigma_cloud_events")
    expected = json.loads((cases / f"{product}.expected.json").read_text())["expected"]
    with tarfile.open(shared("sigma_rules_sigmahq") / "rules.tar.gz") as archive:
        found = [
            rule_set(archive.extractfile(member).read().decode())
            for member in archive
            if member.isfile() and f"/{folder}/" in member.name and member.name.startswith("rules/")
        ]
    rules = [one for each in found for one in each.rules if one.log_source.covers(source.log_source)]
    assert {one.about.id for one in rules} >= set(expected)

    matcher = Matcher(rules, source.columns)
    lines = gzip.decompress((cases / f"{product}.jsonl.gz").read_bytes()).splitlines()
    content = b"\n".join(json.dumps(json.loads(line)["event"]).encode() for line in lines)
    matched = {
        (one.about.id, batch.index(row))
        for batch in source.batches(io.BytesIO(content), product)
        for row, one in matcher.matches(batch)
    }
    wanted = {(name, line) for name, one in expected.items() for line in one["lines"]}
    assert matched - BEYOND == wanted
