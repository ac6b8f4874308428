"""Each incident plays as its docstring tells, and the trail tells it too."""

import importlib
import json
import pkgutil
import re

import pytest

from nephoscope.cli._offline import read_files
from nephoscope.detect.loading import load_rules
from nephoscope.model.errors import ConfigError
from nephoscope.sandbox import incidents
from nephoscope.sandbox.incidents import instance_credentials_abused, leaked_access_key, public_bucket

pytestmark = pytest.mark.slow
MODULES = [
    importlib.import_module(f"nephoscope.sandbox.incidents.{found.name}")
    for found in pkgutil.iter_modules(incidents.__path__)
]
NAMES = [module.__name__.rpartition(".")[2] for module in MODULES]


@pytest.fixture(scope="module")
def played(company):
    """Every incident, once; what each said it did."""
    return {module: module.play(company.endpoint_url, company=company) for module in MODULES}


@pytest.fixture(scope="module")
def records(played, recorded):
    """What the organisation's trail tells of them."""
    return recorded()


def by(records, address):
    return [(each["eventName"], each.get("errorCode")) for each in records if each["sourceIPAddress"] == address]


@pytest.mark.parametrize("module", MODULES, ids=NAMES)
def test_an_incident_refuses_any_endpoint_but_the_loopback(module, company):
    with pytest.raises(ConfigError, match="loopback"):
        module.play("https://sts.amazonaws.com", company=company)


@pytest.mark.parametrize("module", MODULES, ids=NAMES)
def test_an_incident_tells_its_story_and_techniques(module, played):
    assert re.search(r"Techniques: T\d{4}", module.__doc__)
    assert played[module]


def test_the_leaked_keys_finder_is_refused_much_and_finds_a_better_key(records):
    seen = by(records, leaked_access_key.FINDER_IP)
    assert ("GetCallerIdentity", None) in seen
    assert ("ListUsers", "AccessDenied") in seen
    assert ("DescribeInstances", "Client.UnauthorizedOperation") in seen
    assert ("GetFunctionConfiguration20150331v2", None) in seen


def test_the_operator_stays_blinds_and_mines(records):
    seen = by(records, leaked_access_key.OPERATOR_IP)
    done = [name for name, error in seen if error is None]
    wanted = {
        "CreateUser", "AttachUserPolicy", "CreateAccessKey", "StopLogging", "AuthorizeSecurityGroupIngress",
        "CreateKeyPair", "RunInstances",
    }  # fmt: skip
    assert wanted <= set(done)
    assert done.count("RunInstances") == 2


def test_the_organisations_trail_goes_on(company, within, records):
    status = within(company.security).client("cloudtrail").get_trail_status(Name=company.trail)
    assert status["IsLogging"]
    assert [each for each in records if each["eventName"] == "StopLogging" and each.get("errorCode")]


def test_the_bucket_is_opened_by_the_companys_own_and_emptied_by_a_stranger(records, played):
    opened = [each for each in records if each["sourceIPAddress"] == public_bucket.ENGINEER_IP]
    changed = next(each for each in opened if each["eventName"] == "PutBucketPolicy" and "PartnerExport" in str(each))
    assert changed["userIdentity"]["arn"].endswith("assumed-role/PlatformEngineer/partner-export")
    assert "DeleteBucketPublicAccessBlock" in {each["eventName"] for each in opened}
    assert sum(step.endswith(".csv") for step in played[public_bucket]) == 3


def test_the_web_servers_role_is_used_from_outside(company, records):
    instance = company.machines["production/us-east-1/web-2"].instance_id
    used = [each for each in records if each["sourceIPAddress"] == instance_credentials_abused.ATTACKER_IP]
    assert "GetSecretValue" in {each["eventName"] for each in used}
    assert {each["userIdentity"]["arn"].rpartition("/")[2] for each in used} == {instance}


def test_our_rules_find_that_the_web_servers_credentials_were_carried_off(company, records, tmp_path):
    instance = company.machines["production/us-east-1/web-2"].instance_id
    log = tmp_path / "log.json"
    log.write_text(json.dumps({"Records": list(records)}))
    told = read_files([log], load_rules(()), "aws_cloudtrail", as_json=True)
    found = [json.loads(line) for each in told for line in each.text.splitlines()]
    [carried_off] = [each for each in found if each["rule_id"] == "65770fcd-3d88-4536-9e77-08b458f87210"]
    assert (carried_off["severity"], carried_off["actor"].rpartition("/")[2]) == ("high", instance)
