"""An account in which there is something of every resource type, and its answers, replayed with some denied."""

import copy
import json
from dataclasses import dataclass, field

from nephoscope.clouds.permission import permission_of
from nephoscope.inventory.resource import View
from nephoscope.model.errors import AccessDenied, CloudError
from tests.inventory.resources.aws.test_services import furnish as furnish_services

ACCOUNT = "123456789012"
REGION = "us-east-1"
ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
PUBLIC = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}],
}
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def furnish(aws):
    """Fill a simulated account, good and bad configuration mixed."""
    view = View(aws, ACCOUNT, REGION)
    furnish_services(view)
    _people(view)
    _buckets(view)
    _machines(view)


def _people(view):
    policy = view.call("iam", "CreatePolicy", PolicyName="all", PolicyDocument=json.dumps(ADMIN))["Policy"]["Arn"]
    view.call("iam", "CreateGroup", GroupName="staff")
    for name in ("ann", "bob"):
        view.call("iam", "CreateUser", UserName=name)
        view.call("iam", "CreateLoginProfile", UserName=name, Password="correct horse")
        view.call("iam", "CreateAccessKey", UserName=name)
    view.call("iam", "PutUserPolicy", UserName="ann", PolicyName="inline", PolicyDocument=json.dumps(ADMIN))
    view.call("iam", "AttachUserPolicy", UserName="ann", PolicyArn=policy)
    view.call("iam", "AddUserToGroup", UserName="ann", GroupName="staff")
    device = view.call("iam", "CreateVirtualMFADevice", VirtualMFADeviceName="bob")["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    view.call("iam", "EnableMFADevice", UserName="bob", SerialNumber=device, **codes)
    view.call("iam", "UpdateAccountPasswordPolicy", MinimumPasswordLength=14)
    view.call("iam", "GenerateCredentialReport")


def _buckets(view):
    for name in ("site", "vault"):
        view.call("s3", "CreateBucket", Bucket=name)
    view.call("s3", "PutBucketPolicy", Bucket="site", Policy=json.dumps(PUBLIC))
    view.call("s3", "PutBucketAcl", Bucket="site", ACL="public-read")
    locked = dict.fromkeys(BLOCKS, True)
    view.call("s3", "PutPublicAccessBlock", Bucket="vault", PublicAccessBlockConfiguration=locked)
    view.call("s3", "PutBucketVersioning", Bucket="vault", VersioningConfiguration={"Status": "Enabled"})
    view.call("s3control", "PutPublicAccessBlock", AccountId=ACCOUNT, PublicAccessBlockConfiguration=locked)


def _machines(view):
    vpc = view.call("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = view.call("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    gateway = view.call("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    view.call("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    group = view.call("ec2", "CreateSecurityGroup", GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    world = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    view.call("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[world])
    log = {"ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3"}
    view.call("ec2", "CreateFlowLogs", ResourceIds=[vpc], LogDestination="arn:aws:s3:::vault", **log)
    image = view.call("ec2", "RegisterImage", Name="base", RootDeviceName="/dev/sda1")["ImageId"]
    interface = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group], "AssociatePublicIpAddress": True}
    launch = {"InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "NetworkInterfaces": [interface]}
    view.call("ec2", "RunInstances", ImageId=image, **launch)
    volume = view.call("ec2", "CreateVolume", AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    snapshot = view.call("ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"]
    shared = {"Attribute": "createVolumePermission", "OperationType": "add", "GroupNames": ["all"]}
    view.call("ec2", "ModifySnapshotAttribute", SnapshotId=snapshot, **shared)


def denied(service, operation):
    """The error of a call that IAM refuses."""
    error = AccessDenied(f"{service}:{operation}", "AccessDenied", "not authorized")
    error.permission = permission_of(service, operation)
    return error


def broken(service, operation):
    """The error of a call that the provider fails at, every attempt spent."""
    return CloudError(f"{service}:{operation}", "InternalError", "reached max retries: 5")


def throttled(service, operation):
    """The error of a call that is made too often, every attempt spent."""
    return CloudError(f"{service}:{operation}", "ThrottlingException", "Rate exceeded")


@dataclass
class Replayed:
    """An account's answers, asked once and replayed; the calls of one permission fail.

    failing: the permission; how: its error, of service and operation. halfway: the pages of its listings break off
    after the first.
    """

    aws: object
    failing: str = ""
    how: object = denied
    halfway: bool = False
    answers: dict = field(default_factory=dict)
    used: set = field(default_factory=set)

    def call(self, service, operation, *, region="", account="", **params):
        self._check(service, operation)
        where = {"region": region, "account": account}
        return self._once("call", lambda: self.aws.call(service, operation, **where, **params), service, operation,
                          region, params)  # fmt: skip

    def pages(self, service, operation, *, region="", account="", **params):
        if not self.halfway:
            self._check(service, operation)
        where = {"region": region, "account": account}
        yield from self._once("pages", lambda: list(self.aws.pages(service, operation, **where, **params)), service,
                              operation, region, params)  # fmt: skip
        self._check(service, operation)

    def _check(self, service, operation):
        self.used.add(permission_of(service, operation))
        if permission_of(service, operation) == self.failing:
            raise self.how(service, operation)

    def _once(self, kind, ask, service, operation, region, params):
        key = (kind, service, operation, region, json.dumps(params, sort_keys=True, default=str))
        if key not in self.answers:
            try:
                self.answers[key] = (ask(), None)
            except CloudError as error:
                self.answers[key] = (None, error)
        answer, error = self.answers[key]
        if error is not None:
            raise error
        return copy.deepcopy(answer)
