"""Evidence of an instance, captured by the playbook in the sandbox, sealed, handed out and verified elsewhere."""

import json
import zipfile

import pytest

pytest.importorskip("moto")

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.config import Config
from nephoscope.model.response import RunStatus
from nephoscope.pipeline.responses import planned_run
from nephoscope.respond.evidence.archive import opened_files
from nephoscope.respond.evidence.export import export
from nephoscope.respond.evidence.vault import opened_vault
from nephoscope.respond.evidence.verify import verify
from nephoscope.respond.playbook import load_playbooks
from nephoscope.respond.runner import Hands, Runner
from nephoscope.sandbox.caller import root_access_key_id
from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from nephoscope.store.ledger import open_ledger

pytestmark = pytest.mark.slow
HERE, THERE, REGION = "111111111111", "222222222222", "us-east-1"


class Desk:
    """Keeps a run in memory, lets everything begin, and seals as the installation does."""

    def __init__(self, vault):
        self.vault = vault

    def keep(self, run, step="", phase="", note=""):
        return run

    def may_act(self, run, step, target):
        return ""

    def protects(self, target):
        return ""

    def in_the_way(self, run, step, target):
        return ""

    def renew(self, run):
        """Nobody else drives it."""

    def seal(self, run):
        self.vault.box(run.id).seal()


class Known:
    def item(self, type_, id_, account, region=""):
        return {"type": type_, "id": id_}

    def dependents(self, type_, id_, account):
        return []

    def flows(self, account, addresses, days=7):
        return [{"peer": "198.51.100.77", "port": 4444}]

    def events(self, account, *, actor="", resource="", days=7):
        return [{"actor": actor, "resource": resource}]


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    """Two accounts of a sandbox, each reached as its root user."""
    with start(tmp_path_factory.mktemp("sandbox"), pace=Pace(3600, 3600, 3600)) as sandbox:
        keys = [AwsAccount(id_, "", root_access_key_id(id_), "sandbox") for id_ in (HERE, THERE)]
        yield Aws(tuple(keys), sandbox.endpoint_url, calls_per_s=10_000)


@pytest.fixture(scope="module")
def instance(aws):
    """A running instance with a role and two disks."""

    def ask(service, operation, **params):
        return aws.call(service, operation, account=HERE, region=REGION, **params)

    trust = {"Version": "2012-10-17", "Statement": []}
    ask("iam", "CreateRole", RoleName="web", AssumeRolePolicyDocument=json.dumps(trust))
    ask("iam", "CreateInstanceProfile", InstanceProfileName="web")
    ask("iam", "AddRoleToInstanceProfile", InstanceProfileName="web", RoleName="web")
    image = ask("ec2", "RegisterImage", Name="base", RootDeviceName="/dev/sda1")["ImageId"]
    launch = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "IamInstanceProfile": {"Name": "web"}}
    made = ask("ec2", "RunInstances", **launch)["Instances"][0]["InstanceId"]
    disk = ask("ec2", "CreateVolume", Size=1, AvailabilityZone="us-east-1a")["VolumeId"]
    ask("ec2", "AttachVolume", VolumeId=disk, InstanceId=made, Device="/dev/sdf")
    return made


@pytest.fixture
def vault(tmp_path):
    config = Config(data=tmp_path / "data")
    with open_ledger(config.ledger_url) as ledger:
        yield opened_vault(config, ledger)


def driven(vault, aws, **inputs):
    """A run of the playbook, driven to its end."""
    given = {"account": HERE, "region": REGION, **inputs}
    run = planned_run(load_playbooks(), "capture_evidence", given, "alice", {})
    hands = Hands(lambda action, account: aws, lambda id_: vault.box(id_), Known())
    return Runner(Desk(vault), hands).advance(run)


def test_the_playbook_captures_seals_and_the_export_is_verified_elsewhere(vault, aws, instance, tmp_path):
    run = driven(vault, aws, instance_id=instance, copy_to_account=THERE, copy_to_key="alias/evidence", budget_s=20)
    assert (run.status, run.note) == (RunStatus.DONE, "")
    export(vault, run.id, tmp_path / "case.zip", "alice")
    with opened_files(tmp_path / "case.zip") as files:
        assert verify(files, {vault.signer.key_id: vault.signer.public}).is_proven
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
    names = {each["name"] for each in manifest["captures"]}
    assert {
        "volatile/sockets.txt",
        "console/screenshot.jpg",
        "console/output.txt",
        "instance/instance.json",
        "instance/role/web.json",
        "snapshots/started.json",
        "snapshots/states.json",
        "logs/by_session.json",
        "logs/flows.json",
        "copies/copies.json",
    } <= names
    told = {step.name: step.output for step in run.steps}
    assert told["volatile"]["missing"] == ["volatile/memory"]
    assert told["logs"]["missing"] == ["logs/the last minutes"]
    assert all(not told[name]["missing"] for name in ("screen", "console", "facts", "snapshots", "snapshots_complete"))
    assert len(told["snapshots"]["snapshots"]) == len(told["copies"]["copies"]) == 2
    order = [step.name for step in run.steps]
    assert order.index("volatile") < order.index("facts") < order.index("snapshots") < order.index("logs")


def test_of_an_instance_that_is_gone_what_was_known_is_sealed_and_the_rest_is_said_to_be_missing(vault, aws):
    run = driven(vault, aws, instance_id="i-00000000000000000", budget_s=1)
    assert run.status is RunStatus.DONE
    assert "snapshots" in run.note
    report = verify(vault.storage, vault.keys())
    assert report.is_proven
    [manifest] = report.manifests.values()
    names = {each.name for each in manifest.captures}
    assert {"instance/as_last_known.json", "instance/not_captured.json", "volatile/not_captured.json"} <= names
