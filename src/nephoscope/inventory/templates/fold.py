"""Satellites into their parents: a bucket's policy, a group's rules, as live items have them.

A satellite whose parent is not in the template folds into nothing, and is judged by itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

SYMBOL = re.compile(r"\$\{([^}]+)\}")


@dataclass
class Declared:
    """A resource as a template declares it: settled properties, and what of them is not known."""

    type: str
    id: str
    properties: dict[str, Any]
    line: int = 0
    file: str = ""
    address: str = ""
    not_collected: dict[str, str] = field(default_factory=dict[str, str])
    name: str = ""
    folded: bool = False  # it is part of another


@dataclass(frozen=True)
class Fold:
    """Where a satellite's properties go. reference: its property that names the parents. into: theirs.

    several: into a list, one element a satellite. keep: only these properties; all but the reference, if empty.
    """

    parent: str
    reference: str
    into: str
    several: bool = False
    keep: tuple[str, ...] = ()


POLICY = ("PolicyName", "PolicyDocument")
FOLDS: dict[str, tuple[Fold, ...]] = {
    "AWS::S3::BucketPolicy": (Fold("AWS::S3::Bucket", "Bucket", "BucketPolicy"),),
    "AWS::EC2::SecurityGroupIngress": (
        Fold("AWS::EC2::SecurityGroup", "GroupId", "SecurityGroupIngress", several=True),
    ),
    "AWS::EC2::SecurityGroupEgress": (Fold("AWS::EC2::SecurityGroup", "GroupId", "SecurityGroupEgress", several=True),),
    "AWS::EC2::Route": (Fold("AWS::EC2::RouteTable", "RouteTableId", "Routes", several=True),),
    "AWS::EC2::SubnetRouteTableAssociation": (
        Fold("AWS::EC2::RouteTable", "RouteTableId", "Associations", several=True),
    ),
    "AWS::EC2::NetworkAclEntry": (Fold("AWS::EC2::NetworkAcl", "NetworkAclId", "Entries", several=True),),
    "AWS::EC2::FlowLog": (Fold("AWS::EC2::VPC", "ResourceId", "FlowLogs", several=True),),
    "AWS::SNS::TopicPolicy": (Fold("AWS::SNS::Topic", "Topics", "TopicPolicy"),),
    "AWS::SQS::QueuePolicy": (Fold("AWS::SQS::Queue", "Queues", "QueuePolicy"),),
    "AWS::Lambda::Permission": (Fold("AWS::Lambda::Function", "FunctionName", "Permissions", several=True),),
    "AWS::Lambda::Url": (Fold("AWS::Lambda::Function", "TargetFunctionArn", "UrlConfig"),),
    "AWS::SecretsManager::ResourcePolicy": (Fold("AWS::SecretsManager::Secret", "SecretId", "ResourcePolicy"),),
    "AWS::SecretsManager::RotationSchedule": (Fold("AWS::SecretsManager::Secret", "SecretId", "RotationSchedule"),),
    "AWS::ElasticLoadBalancingV2::Listener": (
        Fold("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerArn", "Listeners", several=True),
    ),
    "AWS::IAM::UserPolicy": (Fold("AWS::IAM::User", "UserName", "Policies", several=True, keep=POLICY),),
    "AWS::IAM::RolePolicy": (Fold("AWS::IAM::Role", "RoleName", "Policies", several=True, keep=POLICY),),
    "AWS::IAM::GroupPolicy": (Fold("AWS::IAM::Group", "GroupName", "Policies", several=True, keep=POLICY),),
    "AWS::IAM::Policy": tuple(
        Fold(f"AWS::IAM::{kind}", f"{kind}s", "Policies", several=True, keep=POLICY)
        for kind in ("User", "Role", "Group")
    ),
}


def fold(declared: list[Declared]) -> list[Declared]:
    """All resources, satellites' properties copied into their parents."""
    parents = _Parents(declared)
    for satellite in declared:
        for rule in FOLDS.get(satellite.type, ()):
            for parent in parents.named(rule.parent, satellite.properties.get(rule.reference)):
                _into(parent, satellite, rule)
                satellite.folded = True
        if satellite.type == "AWS::IAM::ManagedPolicy":
            _attach(parents, satellite)
        elif satellite.type == "AWS::IAM::UserToGroupAddition":
            _join(parents, satellite)
    return declared


class _Parents:
    """Resources by type and by whatever a satellite may call them: logical id, explicit name."""

    def __init__(self, declared: list[Declared]) -> None:
        self.by_name: dict[tuple[str, str], list[Declared]] = defaultdict(list)
        for each in declared:
            for name in {each.id, each.name} - {""}:
                self.by_name[each.type, name].append(each)

    def named(self, type_: str, reference: Any) -> list[Declared]:
        references = reference if isinstance(reference, list) else [reference]
        return [
            parent
            for each in references
            if isinstance(each, str)
            for name in _names(each)
            for parent in self.by_name.get((type_, name), ())
        ]


def _names(reference: str) -> list[str]:
    """What a reference may mean: `${Key.Arn}` is called Key, `${aws_kms_key.key.arn}` aws_kms_key.key."""
    symbol = SYMBOL.fullmatch(reference)
    if not symbol:
        return [reference]
    steps = symbol[1].split(".")
    return [".".join(steps[:end]) for end in range(len(steps), 0, -1)]


def _into(parent: Declared, satellite: Declared, rule: Fold) -> None:
    kept = {
        name: value
        for name, value in satellite.properties.items()
        if (name in rule.keep if rule.keep else name != rule.reference)
    }
    place = f"/{rule.into}"
    if rule.several:
        elements = parent.properties.setdefault(rule.into, [])
        if not isinstance(elements, list):
            return
        place = f"{place}/{len(elements)}"
        elements.append(kept)
    else:
        parent.properties[rule.into] = kept
    parent.not_collected |= {
        f"{place}{pointer}": cause
        for pointer, cause in satellite.not_collected.items()
        if pointer.split("/")[1:2] != [rule.reference]
    }


def _attach(parents: _Parents, policy: Declared) -> None:
    for kind in ("User", "Role", "Group"):
        for parent in parents.named(f"AWS::IAM::{kind}", policy.properties.get(f"{kind}s")):
            parent.properties.setdefault("ManagedPolicyArns", []).append(f"${{{policy.id}}}")


def _join(parents: _Parents, addition: Declared) -> None:
    for user in parents.named("AWS::IAM::User", addition.properties.get("Users")):
        user.properties.setdefault("Groups", []).append(addition.properties.get("GroupName"))
