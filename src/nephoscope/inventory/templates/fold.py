"""Satellites into their parents: a bucket's policy, a group's rules, as live items have them.

A satellite whose parent is not in the template folds into nothing, and is judged by itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = re.compile(r'\["([^"]*)"\]')
SYMBOL = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Fold:
    """Where a satellite's properties go. reference: its property that names the parents.

    into: the parents' property; their own properties if empty. several: into a list, one element a satellite.
    keep: only these properties; all but the reference, if empty. only: this property's value instead of an object;
    with extend its elements, one by one.
    """

    parent: str
    reference: str
    into: str = ""
    several: bool = False
    keep: tuple[str, ...] = ()
    only: str = ""
    extend: bool = False


@dataclass
class Declared:
    """A resource as a template declares it: settled properties, and what of them is not known.

    folds: where it goes, if its type alone does not say it.
    """

    type: str
    id: str
    properties: dict[str, Any]
    line: int = 0
    file: str = ""
    address: str = ""
    not_collected: dict[str, str] = field(default_factory=dict[str, str])
    name: str = ""
    folds: tuple[Fold, ...] = ()
    folded: bool = False  # it is part of another


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
        _into_parents(parents, satellite)
        special = SPECIAL.get(satellite.type)
        if special:
            special(parents, satellite)
    for instance in declared:
        if instance.type == "AWS::EC2::Instance":
            _inherit(parents, instance)
    return declared


def _into_parents(parents: _Parents, satellite: Declared) -> None:
    for rule in satellite.folds or FOLDS.get(satellite.type, ()):
        for parent in parents.named(rule.parent, satellite.properties.get(rule.reference)):
            _into(parent, satellite, rule)
            satellite.folded = True


INHERITED: dict[str, Any] = {
    "UserData": None,
    "UserDataPart": None,
    "MetadataOptions": {"HttpTokens": "optional"},
    "IamInstanceProfile": None,
}


class _Parents:
    """Resources by type and by whatever a satellite may call them: logical id, explicit name."""

    def __init__(self, declared: list[Declared]) -> None:
        self.by_name: dict[tuple[str, str], list[Declared]] = defaultdict(list)
        for each in declared:
            for name in {_plain(each.id), each.name} - {""}:
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


def _plain(address: str) -> str:
    """Terraform's `a.b["key"]` as references have it: `a.b.key`."""
    return KEY.sub(r".\1", address)


def _names(reference: str) -> list[str]:
    """What a reference may mean: `${Key.Arn}` is called Key, `${aws_kms_key.key.arn}` aws_kms_key.key."""
    symbol = SYMBOL.fullmatch(reference)
    if not symbol:
        return [reference]
    steps = _plain(symbol[1]).split(".")
    return [".".join(steps[:end]) for end in range(len(steps), 0, -1)]


def _into(parent: Declared, satellite: Declared, rule: Fold) -> None:
    value, holes = _taken(satellite, rule)
    if not rule.into:
        parent.properties |= value
        parent.not_collected |= holes
    elif not rule.several:
        parent.properties[rule.into] = value
        parent.not_collected |= _below(f"/{rule.into}", holes)
    elif isinstance(elements := parent.properties.setdefault(rule.into, []), list):
        first = len(elements)
        elements += value if rule.extend and isinstance(value, list) else [value]
        parent.not_collected |= _shifted(rule.into, first, holes) if rule.extend else {}
        parent.not_collected |= {} if rule.extend else _below(f"/{rule.into}/{first}", holes)


def _taken(satellite: Declared, rule: Fold) -> tuple[Any, dict[str, str]]:
    """What of a satellite goes into its parent, and what of that is not known."""
    holes = {
        pointer: cause
        for pointer, cause in satellite.not_collected.items()
        if pointer.split("/")[1:2] != [rule.reference]
    }
    if rule.only:
        under = f"/{rule.only}"
        below = {
            each.removeprefix(under): cause
            for each, cause in holes.items()
            if each in (under, "") or each.startswith(f"{under}/")
        }
        return satellite.properties.get(rule.only), below
    kept = {
        name: value
        for name, value in satellite.properties.items()
        if (name in rule.keep if rule.keep else name != rule.reference)
    }
    return kept, holes


def _below(place: str, holes: dict[str, str]) -> dict[str, str]:
    return {f"{place}{pointer}": cause for pointer, cause in holes.items()}


def _shifted(into: str, first: int, holes: dict[str, str]) -> dict[str, str]:
    """Holes of a list that was put behind another of some length."""
    found: dict[str, str] = {}
    for pointer, cause in holes.items():
        _, place, *rest = pointer.split("/") if pointer else ("", "0")
        found["/".join(["", into, str(first + int(place)), *rest])] = cause
    return found


def _append(parent: Declared, name: str, value: Any) -> None:
    """One more element of a list; what stands there and is none stays for the checks to stumble over."""
    if isinstance(elements := parent.properties.setdefault(name, []), list):
        elements.append(value)


def _attach(parents: _Parents, policy: Declared) -> None:
    for kind in ("User", "Role", "Group"):
        for parent in parents.named(f"AWS::IAM::{kind}", policy.properties.get(f"{kind}s")):
            _append(parent, "ManagedPolicyArns", f"${{{policy.id}}}")


def _join(parents: _Parents, addition: Declared) -> None:
    for user in parents.named("AWS::IAM::User", addition.properties.get("Users")):
        _append(user, "Groups", addition.properties.get("GroupName"))


def _rotate(parents: _Parents, schedule: Declared) -> None:
    for secret in parents.named("AWS::SecretsManager::Secret", schedule.properties.get("SecretId")):
        secret.properties["RotationEnabled"] = True


def _associate(parents: _Parents, association: Declared) -> None:
    """An SSM association with each instance that it names by id."""
    targets = association.properties.get("Targets")
    named = [association.properties.get("InstanceId")]
    for target in targets if isinstance(targets, list) else ():
        if isinstance(target, dict) and target.get("Key") == "InstanceIds" and isinstance(target.get("Values"), list):
            named += target["Values"]
    kept = {"DocumentName": association.properties.get("Name"), "Parameters": association.properties.get("Parameters")}
    for instance in parents.named("AWS::EC2::Instance", named):
        _append(instance, "SsmAssociations", kept)


def _inherit(parents: _Parents, instance: Declared) -> None:
    """What an instance does not say and its launch template, if it is in the template too, does."""
    launch = instance.properties.get("LaunchTemplate")
    reference = launch.get("LaunchTemplateId", launch.get("LaunchTemplateName")) if isinstance(launch, dict) else None
    for template in parents.named("AWS::EC2::LaunchTemplate", reference):
        data = template.properties.get("LaunchTemplateData")
        if not isinstance(data, dict):
            return
        for name, default in INHERITED.items():
            if name in instance.properties or f"/{name}" in instance.not_collected:
                continue
            place = f"/LaunchTemplateData/{name}"
            holes = {key: why for key, why in template.not_collected.items() if f"{key}/".startswith(f"{place}/")}
            instance.not_collected |= {key.removeprefix("/LaunchTemplateData"): why for key, why in holes.items()}
            if place not in holes:
                instance.properties[name] = data.get(name, default)
        return


SPECIAL: dict[str, Callable[[_Parents, Declared], None]] = {
    "AWS::IAM::ManagedPolicy": _attach,
    "AWS::IAM::UserToGroupAddition": _join,
    "AWS::SSM::Association": _associate,
    "AWS::SecretsManager::RotationSchedule": _rotate,
}
