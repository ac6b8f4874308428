"""The promises of agentless scans: killed anywhere nothing is left in the account; the role holds what is needed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

pytest.importorskip("moto")

from nephoscope.clouds.permission import permission_of
from nephoscope.keep import Stores
from nephoscope.pipeline.agentless import FAILED, HELD, SCANNED
from nephoscope.scan.disks.taking import scan_policy
from nephoscope.scan.functions import PERMISSIONS as FUNCTIONS
from nephoscope.store.disk_scans import list_scans
from nephoscope.store.gaps import list_gaps
from nephoscope.store.ledger import Ledger, open_ledger
from tests.pipeline.disk_estate import ACCOUNT, REGION, ZONE, Clock, Killed, agentless, standing
from tests.pipeline.test_vulnerabilities import Told

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """An instance with two disks, one of them under a customer's key."""
    with standing(tmp_path_factory.mktemp("estate")) as one:
        key = one.ask("kms", "CreateKey")["KeyMetadata"]["Arn"]
        made = {"Size": 1, "AvailabilityZone": ZONE, "Encrypted": True, "KmsKeyId": key}
        volume = one.ask("ec2", "CreateVolume", **made)["VolumeId"]
        one.sandbox.steer("disk", id=volume, file=str(one.disk))
        one.ask("ec2", "AttachVolume", VolumeId=volume, InstanceId=one.instance, Device="/dev/sdf")
        one.key = key
        yield one


@dataclass
class Steps:
    """Counts what a scan does to the outside and to the ledger; from a number on nothing happens any more."""

    last: int = 1_000_000
    done: list = field(default_factory=list)

    def step(self, what):
        if len(self.done) >= self.last:
            raise Killed
        self.done.append(what)


@dataclass
class SteppedAws:
    aws: object
    steps: Steps

    @property
    def accounts(self):
        return self.aws.accounts

    def call(self, service, operation, **params):
        self.steps.step(permission_of(service, operation))
        return self.aws.call(service, operation, **params)

    def content(self, service, operation, *rest, **params):
        self.steps.step(permission_of(service, operation))
        return self.aws.content(service, operation, *rest, **params)

    def pages(self, service, operation, **params):
        self.steps.step(permission_of(service, operation))
        yield from self.aws.pages(service, operation, **params)


class SteppedLedger(Ledger):
    """A ledger whose transactions are steps too: one that is not reached is not kept."""

    def __init__(self, ledger, steps):
        self.inner, self.steps = ledger, steps

    def write(self):
        self.steps.step("ledger")
        return self.inner.write()

    def read(self):
        return self.inner.read()


def stepped(estate, ledger, steps, clock):
    role = estate.allow(scan_policy())
    stores = Stores(None, SteppedLedger(ledger, steps), Told())
    return agentless(stores, SteppedAws(role, steps), clock)


def left(estate, ledger):
    """What is left of scans: snapshots, grants, notes in the ledger."""
    with ledger.read() as connection:
        notes = list_scans(connection)
    return estate.left(), estate.ask("kms", "ListGrants", KeyId=estate.key)["Grants"], notes


def killed(estate, ledger, last, clock):
    """What a scan did until it was killed before a step; all, if it needed fewer."""
    steps = Steps(last)
    with suppress(Killed):
        stepped(estate, ledger, steps, clock).scan(estate.target)
    clock.ahead = HELD + timedelta(minutes=1)
    return steps.done


def killed_at(done):
    """Before every step, but of a row of equal ones before the first only."""
    return [number for number in range(len(done)) if number == 0 or done[number] != done[number - 1]]


def test_killed_between_any_two_steps_a_sweep_leaves_nothing(estate, tmp_path):
    with open_ledger(str(tmp_path / "whole.db")) as ledger:
        steps = Steps()
        assert stepped(estate, ledger, steps, Clock()).scan(estate.target).state == SCANNED
        assert left(estate, ledger) == ([], [], [])
    changes = {"ec2:CreateSnapshots", "ec2:DeleteSnapshot", "kms:CreateGrant", "kms:RetireGrant"}
    assert changes <= set(steps.done)
    made = 0
    for last in killed_at(steps.done):
        with open_ledger(str(tmp_path / f"{last}.db")) as ledger:
            clock = Clock()
            killed(estate, ledger, last, clock)
            made += bool(estate.left())
            stepped(estate, ledger, Steps(), clock).sweep(ACCOUNT, REGION)
            assert left(estate, ledger) == ([], [], []), f"killed before step {last}"
    assert made >= 8


@pytest.mark.parametrize(
    "behind",
    ["ledger", "ec2:CreateSnapshots", "kms:CreateGrant", "ebs:ListSnapshotBlocks", "ebs:GetSnapshotBlock"]
    + ["ec2:DeleteSnapshot", "kms:RetireGrant"],
)
def test_killed_the_next_scan_goes_on_with_what_is_there_and_leaves_nothing(estate, tmp_path, behind):
    with open_ledger(str(tmp_path / "whole.db")) as ledger:
        steps = Steps()
        stepped(estate, ledger, steps, Clock()).scan(estate.target)
    with open_ledger(str(tmp_path / "killed.db")) as ledger:
        clock = Clock()
        done = killed(estate, ledger, steps.done.index(behind) + 1, clock)
        there = estate.left()
        again = Steps()
        assert stepped(estate, ledger, again, clock).scan(estate.target).state == SCANNED
        assert left(estate, ledger) == ([], [], [])
        if there and "ec2:DeleteSnapshot" not in done:
            assert "ec2:CreateSnapshots" not in again.done


PROGRAM = """
import sys, time
from tests.pipeline.disk_estate import Clock, Estate, agentless, reached
from nephoscope.keep import Stores
from nephoscope.sandbox.control import Sandbox
from nephoscope.store.ledger import open_ledger
from nephoscope.store.packages import Target
from tests.pipeline.test_vulnerabilities import Told
url, role, ledger, *target = sys.argv[1:]
with open_ledger(ledger) as opened:
    aws = reached(Sandbox(url, None, 0), role)
    print("begun", flush=True)
    agentless(Stores(None, opened, Told()), aws).scan(Target(*target))
"""


@pytest.mark.parametrize("after_s", [0.3, 1.5, 3.5])
def test_a_process_that_is_killed_leaves_nothing_after_a_sweep(estate, tmp_path, after_s):
    role = estate.allow(scan_policy()).accounts[0].role
    target = (estate.target.type, estate.target.id, ACCOUNT, REGION)
    command = [sys.executable, "-c", PROGRAM, estate.sandbox.endpoint_url, role, str(tmp_path / "l.db"), *target]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    with process:
        assert process.stdout.readline() == b"begun\n"
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
    with open_ledger(str(tmp_path / "l.db")) as ledger:
        clock = Clock()
        clock.ahead = HELD + timedelta(minutes=1)
        agentless(Stores(None, ledger, Told()), estate.root, clock).sweep(ACCOUNT, REGION)
        assert left(estate, ledger) == ([], [], [])


OF_DISKS = {each for one in scan_policy()["Statement"] for each in one["Action"]} - set(FUNCTIONS)


@pytest.mark.parametrize("permission", sorted(OF_DISKS))
def test_without_a_permission_of_its_role_a_scan_says_which_it_misses(estate, tmp_path, permission):
    target = estate.image_target if permission == "ec2:DescribeImages" else estate.target
    role = estate.allow(without(scan_policy(), permission))
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        outcome = agentless(Stores(None, ledger, Told()), role).scan(target)
        with ledger.read() as connection:
            missing = {each.gap.permission for each in list_gaps(connection)}
        assert missing == {permission}
        is_late = permission in ("ec2:DeleteSnapshot", "kms:ListRetirableGrants", "kms:RetireGrant")
        assert outcome.state == (SCANNED if is_late else FAILED)
        clock = Clock()
        clock.ahead = HELD + timedelta(minutes=1)
        agentless(Stores(None, ledger, Told()), estate.allow(scan_policy()), clock).sweep(ACCOUNT, REGION)
        assert left(estate, ledger) == ([], [], [])


def without(policy, dropped):
    kept = [one | {"Action": [each for each in one["Action"] if each != dropped]} for one in policy["Statement"]]
    return policy | {"Statement": [one for one in kept if one["Action"]]}
