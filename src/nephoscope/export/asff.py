"""How Security Hub names resource types: `AwsEc2Instance` for `AWS::EC2::Instance`.

Source: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
"""

from __future__ import annotations

import re

TYPE = re.compile(r"AWS::([A-Za-z0-9]+)::([A-Za-z0-9]+)")
ACRONYM = re.compile(r"([A-Z])([A-Z]+)(?=[A-Z][a-z]|[^A-Za-z]|$)")
OWN = {"ElasticLoadBalancingV2": "Elbv2", "ManagedPolicy": "Policy"}


def asff_type(type_: str) -> str:
    """The type as a finding names it; `Other` for what is none of AWS's."""
    found = TYPE.fullmatch(type_)
    return "Aws" + "".join(map(_word, found.groups())) if found else "Other"


def _word(name: str) -> str:
    return OWN.get(name) or ACRONYM.sub(lambda found: found[1] + found[2].lower(), name)
