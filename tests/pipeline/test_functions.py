import json

import pytest

pytest.importorskip("moto")

from tests.pipeline.disk_estate import ACCOUNT, REGION, reached
from tests.pipeline.test_agentless import gaps, kept
from tests.pipeline.test_vulnerabilities import Told
from tests.scan.zip_made import python, zipped

from nephoscope.keep import Stores
from nephoscope.pipeline.agentless import FAILED, SCANNED
from nephoscope.pipeline.functions import FUNCTION, FunctionScans
from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from nephoscope.scan.disks.taking import ROLE, scan_policy
from nephoscope.store.ledger import open_ledger
from nephoscope.store.packages import Target

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A sandbox with a function that has a layer, one that has no packages, and the role that scans."""
    with start(tmp_path_factory.mktemp("sandbox"), pace=Pace(3600, 3600, 3600)) as one:
        root = reached(one)
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        root.call("iam", "CreateRole", RoleName=ROLE, AssumeRolePolicyDocument=document)
        service = trust | {"Principal": {"Service": "lambda.amazonaws.com"}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [service]})
        role = root.call("iam", "CreateRole", RoleName="f", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        content = {"ZipFile": zipped(python("boto", "1.0", "python/"))}
        layer = root.call("lambda", "PublishLayerVersion", region=REGION, LayerName="shared", Content=content)
        made = {"Runtime": "python3.12", "Handler": "m.h", "Role": role}
        code = {"ZipFile": zipped(python() | {"m.py": "def h(event, context): return event"})}
        layers = [layer["LayerVersionArn"]]
        root.call("lambda", "CreateFunction", region=REGION, FunctionName="resize", Code=code, Layers=layers, **made)
        bare = {"ZipFile": zipped({"m.py": "def h(event, context): return event"})}
        root.call("lambda", "CreateFunction", region=REGION, FunctionName="bare", Code=bare, **made)
        yield one


@pytest.fixture
def stores(tmp_path):
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Stores(None, ledger, Told())


def scans(stores, sandbox, dropped=""):
    """Scans with the role that is printed, without one permission."""
    kept = [one | {"Action": [each for each in one["Action"] if each != dropped]} for one in scan_policy()["Statement"]]
    policy = json.dumps(scan_policy() | {"Statement": [one for one in kept if one["Action"]]})
    reached(sandbox).call("iam", "PutRolePolicy", RoleName=ROLE, PolicyName="p", PolicyDocument=policy)
    return FunctionScans(stores, lambda _: reached(sandbox, f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"))


def target(name="resize"):
    return Target(FUNCTION, name, ACCOUNT, REGION)


def test_a_function_s_packages_are_a_look_at_it(stores, sandbox):
    outcome = scans(stores, sandbox).scan(target())
    assert (outcome.state, outcome.cause) == (SCANNED, "")
    names, look = kept(stores, target())
    assert (names, look.by) == (["boto", "requests"], "function")
    assert gaps(stores) == []


def test_code_without_packages_was_read_and_one_that_is_not_there_was_not(stores, sandbox):
    assert scans(stores, sandbox).scan(target("bare")).state == SCANNED
    outcome = scans(stores, sandbox).scan(target("gone"))
    assert (outcome.state, [gap.subject for gap in gaps(stores)]) == (FAILED, ["gone"])
    assert "ResourceNotFoundException" in kept(stores, target("gone"))[1].cause


@pytest.mark.parametrize("permission", ["lambda:GetFunction", "lambda:GetLayerVersion"])
def test_without_a_permission_it_says_what_was_denied_and_takes_nothing_away(stores, sandbox, permission):
    scans(stores, sandbox).scan(target())
    outcome = scans(stores, sandbox, permission).scan(target())
    assert permission in outcome.cause
    assert kept(stores, target())[0] == ["boto", "requests"]
    assert [gap.subject for gap in gaps(stores)] == ["resize"]
    scans(stores, sandbox).scan(target())
    assert gaps(stores) == []
