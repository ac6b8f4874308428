"""Every detection rule is whole, says what happened, and is dispatched to the log source of its folder."""

import doctest
import gzip
import importlib
import json
import re
from functools import cache
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from tests.shared_data import shared

import nephoscope.detect.rules
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.sources.aws_vpc_flow import AwsVpcFlow
from nephoscope.detect.detector import Detector
from nephoscope.detect.loading import abouts, load_rules
from nephoscope.detect.python_rules import PythonRule
from nephoscope.model.event import LogSource, RecordBatch

RULES = Path(nephoscope.detect.rules.__file__).parent
GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "write-a-rule.md"
FILES = sorted(RULES.rglob("*.yml"))
PYTHON_FILES = sorted(file for file in RULES.rglob("*.py") if file.stem != "__init__")
DISPUTED = {  # harmless to the rule that they test, and yet what another rule of ours says
    "AWS.EC2.Traffic.Mirroring: UnrelatedEvent",  # a build project made public
    "AWS.S3.DisableMfaDelete: Different S3 Event",  # a bucket's encryption deleted
    "AWS.CloudTrail.RootAccessKeyCreated: Root Created Access Key For User",
    "AWS.SSM.DistributedCommand: Single Command Send, No Cached IDs",
    "AWS.User.Login.Profile.Modified: ChangeOwnPassword",
    "Standard.BruteForceByIP: AWS.CloudTrail - Successful Login",
    "Standard.ImpossibleTravel.Login: CloudTrail ConsoleLogin no history",
}
LOG_SOURCES = {
    "aws": {"product": "aws", "service": "cloudtrail"},
    "aws_flow": {"product": "aws", "service": "vpcflow"},
    "azure": {"product": "azure", "service": "activitylogs"},
    "github": {"product": "github", "service": "audit"},
    **{f"linux_{each}": {"product": "linux", "service": each} for each in ("auditd", "auth", "sshd", "sudo", "syslog")},
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
TIMES = {"aws": "eventTime", "aws_flow": "start", "azure": "time", "github": "@timestamp"}
TIMES |= {folder: "event_time" for folder in LOG_SOURCES if folder.startswith("linux_")}
PARTS = {"title", "id", "status", "description", "references", "tags", "falsepositives", "level", "examples"}


@cache
def documents(file):
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


@cache
def builtin():
    return load_rules()


def found(records, folder="aws", rules=None):
    """The ids of the rules that make findings of these records."""
    given = rules or builtin()
    detector = Detector(given)
    source = LogSource(**LOG_SOURCES[folder])
    batch = RecordBatch(records, source=folder, log_source=source, columns={TIMES[folder]: "time"})
    return {finding.rule for finding in detector.matches(batch) + detector.flush()}


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
def test_a_rule_matches_its_examples_and_only_those(file):
    rule = documents(file)[0]
    rules = load_rules([file], builtin=False)

    assert not rules.errors
    for expected, examples in ((True, rule["examples"]["match"]), (False, rule["examples"]["no_match"])):
        for example in examples:
            records = example if isinstance(example, list) else [example]
            assert (rule["id"] in found(records, file.parent.name, rules)) is expected, example


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


def test_every_rule_loads_with_those_that_come_along():
    assert not builtin().errors
    assert {rule.about.id for rule in builtin().python_rules} == {file.stem for file in PYTHON_FILES}


@pytest.mark.parametrize("file", PYTHON_FILES, ids=lambda file: file.stem)
def test_a_python_rule_is_named_for_what_happened_and_shows_it(file):
    module = importlib.import_module(f"nephoscope.detect.rules.{file.parent.name}.{file.stem}")
    rule = vars(module)[file.stem]
    examples = doctest.DocTestParser().get_doctest(rule.__doc__, vars(module), file.stem, str(file), 0)

    assert rule.about.id == file.stem
    assert rule.about.tags
    assert rule.about.falsepositives
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 80
    assert len(examples.examples) >= 3
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_rules_apply_to_the_events_that_sources_bring():
    assert LogSource(**LOG_SOURCES["aws"]) == AwsCloudTrail.log_source
    assert LogSource(**LOG_SOURCES["aws_flow"]) == AwsVpcFlow.log_source


def lines(path):
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def test_every_attack_technique_raises_an_alert_with_its_tactic():
    folder = shared("cloudtrail_stratus")
    records = lines(folder / "events.jsonl.gz")
    tags = {name: set(about.tags) for name, about in abouts(builtin()).items()}
    for label in json.loads((folder / "labels.json").read_text()):
        wanted = {f"attack.{tactic.lower().replace(' ', '-')}" for tactic in label["tactics"]}
        if "attack.defense-evasion" in wanted:
            wanted |= {"attack.stealth", "attack.defense-impairment"}
        slice_of_it = records[label["first_line"] : label["first_line"] + label["events"]]
        assert any(tags[rule] & wanted for rule in found(slice_of_it)), label["technique"]


def test_an_attacked_account_is_seen_through():
    records = lines(shared("cloudtrail_invictus") / "events.jsonl.gz")
    titles = {name: Path(about.where.partition(":")[0]).stem for name, about in abouts(builtin()).items()}

    assert {titles[name] for name in found(records)} >= {
        "access_key_enumerated_the_account",
        "admin_policy_attached",
        "cloudtrail_coverage_reduced",
        "cloudtrail_logging_stopped",
        "console_login_without_mfa",
        "image_shared",
        "instance_credentials_used_from_two_addresses",
        "lambda_made_public",
        "log_bucket_lifecycle_shortened",
        "new_user_given_a_key",
        "organization_leave_refused",
        "secrets_retrieved_in_bulk",
        "security_group_admin_port_opened_to_the_internet",
        "snapshot_shared",
        "vpc_flow_logs_deleted",
    }


def test_hardly_any_harmless_record_raises_an_alert():
    cases = [
        (detection["rule"], test)
        for detection in lines(shared("panther_tests") / "rules.jsonl.gz")
        if "AWS.CloudTrail" in detection["log_types"]
        for test in detection["tests"]
        if not test["expected"]
    ]
    alarmed = {f"{rule}: {test['name']}" for rule, test in cases if found([test["log"]])}

    assert len(cases) > 100
    assert alarmed <= DISPUTED


def test_the_guide_shows_rules_that_work(tmp_path):
    blocks = re.findall(r"```(yaml|python)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    for number, (language, text) in enumerate(blocks):
        (tmp_path / f"{number}.yml").write_text(text if language == "yaml" else "")
    rules = load_rules([tmp_path], builtin=False)
    single, stopped = rules.rules[0], {"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging"}

    assert not rules.errors
    assert len(rules.correlations) == 1
    assert found([stopped], rules=rules) == {single.about.id}
    for text in (text for language, text in blocks if language == "python"):
        namespace = {"__name__": "example"}
        exec(text, namespace)  # noqa: S102 - our own guide
        made = next(value for value in namespace.values() if isinstance(value, PythonRule))
        examples = doctest.DocTestParser().get_doctest(made.__doc__, namespace, "guide", str(GUIDE), 0)
        assert doctest.DocTestRunner().run(examples) == (0, 1)


def test_flow_rules_read_flow_logs_as_aws_writes_them():
    flow = "2 111122223333 eni-1 {source} {target} {port} {service} 6 30 6000 {start} {start} {action} OK"
    scan = [
        flow.format(source="10.0.1.5", target="10.0.2.9", port=40000, service=port, start=1793613600, action="REJECT")
        for port in range(20, 40)
    ]
    ssh = flow.format(source="203.0.113.9", target="10.0.1.5", port=5100, service=22, start=1793613600, action="ACCEPT")
    detector = Detector(builtin())
    batches = AwsVpcFlow.batches(BytesIO("\n".join([*scan, ssh]).encode()), "flow.log")
    titles = [finding.title for batch in batches for finding in detector.matches(batch)] + [
        finding.title for finding in detector.flush()
    ]

    assert sorted(titles) == ["Ports of a host scanned", "SSH or RDP accepted from the internet"]
