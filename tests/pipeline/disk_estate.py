"""A sandbox with an instance whose disks are files: what agentless scans look at in tests."""

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.agent.packages.made import DEBIAN, STATUS, put
from tests.scan.disks import made

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.pipeline.agentless import IMAGE, INSTANCE, Agentless
from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from nephoscope.scan.disks.taking import ROLE, TAG, scan_policy
from nephoscope.store.packages import Target

ACCOUNT, REGION = "111111111111", "us-east-1"
ZONE = f"{REGION}a"
NAMES = ["bash", "libssl3"]


class Killed(BaseException):
    """The process ended here; nothing of it runs any more."""


@dataclass
class Estate:
    """The account as its root, an instance, and a role that may do what is printed."""

    sandbox: object
    root: Aws
    instance: str
    image: str
    disk: object

    def ask(self, service, operation, **params):
        return self.root.call(service, operation, region=REGION, **params)

    @property
    def target(self):
        return Target(INSTANCE, self.instance, ACCOUNT, REGION)

    @property
    def image_target(self):
        return Target(IMAGE, self.image, ACCOUNT, REGION)

    def allow(self, policy):
        """Give the role a policy; answers the account as the role reaches it."""
        self.ask("iam", "PutRolePolicy", RoleName=ROLE, PolicyName="p", PolicyDocument=json.dumps(policy))
        return reached(self.sandbox, f"arn:aws:iam::{ACCOUNT}:role/{ROLE}")

    def left(self):
        """Every snapshot that a scan made."""
        wanted = [{"Name": "tag-key", "Values": [TAG]}]
        return [each["SnapshotId"] for each in self.ask("ec2", "DescribeSnapshots", Filters=wanted)["Snapshots"]]

    def volumes(self):
        found = self.ask("ec2", "DescribeInstances", InstanceIds=[self.instance])["Reservations"][0]["Instances"][0]
        return [each["Ebs"]["VolumeId"] for each in found["BlockDeviceMappings"]]

    def tagged(self, **tags):
        return [{"Key": key, "Value": value} for key, value in tags.items()]


def reached(sandbox, role=""):
    keys = {"access_key_id": f"AKIAROOT{ACCOUNT}", "secret_access_key": "sandbox"}
    return Aws((AwsAccount(ACCOUNT, **keys, role=role),), sandbox.endpoint_url, calls_per_s=1000)


@contextmanager
def standing(folder):
    """The estate, for as long as the block lasts."""
    status = STATUS.replace("Package: broken\nStatus: install ok installed\n\n", "")
    root = put(folder / "root", {"etc/os-release": DEBIAN, "var/lib/dpkg/status": status})
    disk = made.ext(root, folder / "disk.img")
    with start(folder / "sandbox", pace=Pace(3600, 3600, 3600)) as sandbox:
        one = Estate(sandbox, reached(sandbox), "", "", disk)
        base = one.ask("ec2", "RegisterImage", Name="base", RootDeviceName="/dev/sda1")["ImageId"]
        launch = {"InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
        one.instance = one.ask("ec2", "RunInstances", ImageId=base, **launch)["Instances"][0]["InstanceId"]
        for volume in one.volumes():
            sandbox.steer("disk", id=volume, file=str(disk))
        one.image = one.ask("ec2", "CreateImage", InstanceId=one.instance, Name="golden")["ImageId"]
        described = one.ask("ec2", "DescribeImages", ImageIds=[one.image])["Images"][0]
        for each in described["BlockDeviceMappings"]:
            sandbox.steer("disk", id=each["Ebs"]["SnapshotId"], file=str(disk))
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        one.ask("iam", "CreateRole", RoleName=ROLE, AssumeRolePolicyDocument=document)
        one.allow(scan_policy())
        yield one


class Clock:
    """The time, which a test may move on."""

    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.ahead


def agentless(stores, aws, clock=None):
    return Agentless(stores, lambda account: aws, lambda _: time.sleep(0.2), clock or Clock())
