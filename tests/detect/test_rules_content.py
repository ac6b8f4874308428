"""Every detection rule is whole, says what happened, and is dispatched to the log source of its folder."""

import re
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule

import nephoscope.detect.rules

RULES = Path(nephoscope.detect.rules.__file__).parent
FILES = sorted(RULES.rglob("*.yml"))
LOG_SOURCES = {
    "aws": {"product": "aws", "service": "cloudtrail"},
    "aws_flow": {"product": "aws", "service": "vpcflow"},
    "azure": {"product": "azure", "service": "activitylogs"},
    "github": {"product": "github", "service": "audit"},
}
# ATT&CK 19 split Defense Evasion into Stealth and Defense Impairment.
TACTICS = {
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "stealth",
    "defense-impairment",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
}
TECHNIQUE = re.compile(r"t1\d{3}(\.\d{3})?")
PARTS = {"title", "id", "status", "description", "references", "tags", "falsepositives", "level", "examples"}


def documents(file):
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


def files():
    return pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")


@files()
def test_a_rule_is_understood_by_pysigma(file):
    for rule in SigmaCollection.from_yaml(file.read_text(encoding="utf-8"), collect_errors=True).rules:
        assert not rule.errors
        if not isinstance(rule, SigmaCorrelationRule):
            assert all(condition.parsed for condition in rule.detection.parsed_condition)


@files()
def test_a_rule_has_all_its_parts(file):
    rule = documents(file)[0]

    assert not PARTS - rule.keys()
    assert all(rule[part] for part in PARTS)
    assert all(link.startswith("https://") for link in rule["references"])
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 60


@files()
def test_a_rule_is_named_for_what_happened(file):
    title = documents(file)[0]["title"]

    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", file.stem)
    assert not title.lower().startswith(("detect", "ensure", "possible", "potential", "suspicious"))
    assert len(title) <= 80
    assert not title.endswith(".")


@files()
def test_a_rule_applies_to_the_log_source_of_its_folder(file):
    sources = [rule["logsource"] for rule in documents(file) if "logsource" in rule]

    assert sources
    assert all(source == LOG_SOURCES[file.parent.name] for source in sources)


@files()
def test_a_rule_names_attack_tactics_and_techniques(file):
    tags = [tag.removeprefix("attack.") for tag in documents(file)[0]["tags"]]
    techniques = [tag for tag in tags if TECHNIQUE.fullmatch(tag)]

    assert set(tags) - set(techniques) <= TACTICS
    assert set(tags) & TACTICS
    assert techniques


@files()
def test_a_rule_shows_what_it_must_and_must_not_match(file):
    examples = documents(file)[0]["examples"]

    assert examples.keys() == {"match", "no_match"}
    assert len(examples["match"]) >= 1
    assert len(examples["no_match"]) >= 2


@files()
def test_a_condition_reads_as_a_sentence(file):
    for rule in documents(file):
        assert not {"selection", "filter1", "filter_main", "sel"} & rule.get("detection", {}).keys()


def test_no_two_rules_share_a_name_or_an_id():
    rules = [rule for file in FILES for rule in documents(file)]
    ids = [rule["id"] for rule in rules]
    names = [rule["name"] for rule in rules if "name" in rule]
    stems = [file.stem for file in FILES]

    assert len(set(ids)) == len(ids)
    assert len(set(stems)) == len(stems)
    assert len(set(names)) == len(names)
    assert all(UUID(uid).version == 4 for uid in ids)


@files()
def test_a_part_of_a_correlation_is_named_for_its_file(file):
    names = [rule["name"] for rule in documents(file) if "name" in rule]

    assert all(name.startswith(f"{file.stem}_") for name in names)
