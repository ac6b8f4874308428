"""Somebody in a hurry opens the customers' data to the world, and the world comes.

A platform engineer wants to hand a partner an export: they take the public access block off a bucket and let everybody
read it. Scanners find it within minutes; a stranger lists it and takes what is in it.

Techniques: T1619 cloud storage object discovery, T1530 data from cloud storage, T1567.002 exfiltration to cloud
storage; the cause is a change by one of the company's own.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from nephoscope.sandbox.attack import Attack

if TYPE_CHECKING:
    from collections.abc import Callable

    from nephoscope.sandbox.company import Company

ENGINEER_IP, SCANNER_IP, STRANGER_IP = "198.51.100.20", "89.248.165.12", "103.152.220.71"
CONSOLE = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"
SCANNER = "Mozilla/5.0 (compatible; s3-inspector/1.0)"
DOWNLOADER = "Wget/1.25.0"


def play(
    endpoint_url: str, *, company: Company, pace_s: float = 0.0, tell: Callable[[str], None] | None = None
) -> list[str]:
    """Play the incident; returns what was done, step by step.

    pace_s: seconds between steps. Raises ConfigError for an endpoint that is not on the loopback.
    """
    attack = Attack(endpoint_url, pace_s, tell)
    expose(attack, company)
    attack.read_publicly(company.customer_bucket, "", SCANNER_IP, SCANNER)
    take(attack, company)
    return attack.done


def expose(attack: Attack, company: Company) -> None:
    """Two clicks of an engineer's."""
    bucket = company.customer_bucket
    engineer = company.acting(company.production, "PlatformEngineer", "partner-export", ENGINEER_IP, CONSOLE)
    attack.use(engineer.keys, ENGINEER_IP, CONSOLE)
    attack.call("s3", "delete_public_access_block", Bucket=bucket)
    attack.call("s3", "delete_bucket_policy", Bucket=bucket)
    arns = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    statement = {"Sid": "PartnerExport", "Effect": "Allow", "Principal": "*"}
    open_to_all = {**statement, "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": arns}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [open_to_all]})
    attack.call("s3", "put_bucket_policy", Bucket=bucket, Policy=policy)


def take(attack: Attack, company: Company) -> None:
    """List it, then fetch everything in it."""
    listing = attack.read_publicly(company.customer_bucket, "", STRANGER_IP, DOWNLOADER)
    for key in re.findall(r"<Key>([^<]+)</Key>", listing):
        attack.read_publicly(company.customer_bucket, key, STRANGER_IP, DOWNLOADER)
