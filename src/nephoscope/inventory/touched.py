"""From a write event to the resources that have to be read again."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from nephoscope.inventory.engine import readers
from nephoscope.inventory.event_map import types_of
from nephoscope.inventory.record import is_of_root, is_write, name_of, named, part, texts
from nephoscope.inventory.resource import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nephoscope.inventory.record import Event
    from nephoscope.inventory.resource import Reader
    from nephoscope.model.item import Item

# Types whose id is their ARN.
BY_ARN = {
    "AWS::SecretsManager::Secret",
    "AWS::SNS::Topic",
    "AWS::IAM::ManagedPolicy",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
}
# Types whose ARN ends with name and qualifier.
BY_SEVENTH_PART = {"AWS::Lambda::Function", "AWS::Logs::LogGroup"}
FORMS = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (":loadbalancer/", ":listener/"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (":targetgroup/",),
    "AWS::RDS::DBInstance": (":db:",),
}


def touched(event: Event) -> list[tuple[str, str, str, str]]:
    """Which resources a write event may have changed: (account, region, type, id), as items have them.

    Nothing for events that only read, that failed, or that concern no type that is read.
    """
    if not is_write(event):
        return []
    account = str(event.get("recipientAccountId") or part(event, "userIdentity").get("accountId") or "")
    region = str(event.get("awsRegion") or "")
    found: list[tuple[str, str, str, str]] = []
    said: dict[str, None] | None = None
    for resource_type in types_of(str(event.get("eventSource", "")), name_of(event)):
        reader = readers()[resource_type]
        where = GLOBAL if reader.is_global and resource_type != "AWS::S3::Bucket" else region
        if reader.id_prefix:
            said = dict.fromkeys(texts(event)) if said is None else said
            ids = filter(_form(reader.id_prefix), said)
        else:
            ids = _ids(event, reader, account)
        found += [(account, where, resource_type, id) for id in ids]
    return list(dict.fromkeys(found))


@cache
def _form(prefix: str) -> Callable[[str], object]:
    """Whether a text is an id that begins so."""
    return re.compile(rf"{prefix}[0-9a-f]{{8,17}}").fullmatch


def _ids(event: Event, reader: Reader, account: str) -> Iterator[str]:
    if reader.is_one_per_account:
        if reader.type != "AWS::IAM::Root" or is_of_root(event):
            yield account
    else:
        names = [name for name in named(event, reader) if _may_be(name, reader.type)]
        arns = [text for text in names if text.startswith("arn:")] if reader.type in BY_ARN else []
        yield from (_id(text, reader.type) for text in arns or names)


def _may_be(text: str, resource_type: str) -> bool:
    """Whether an ARN is of the type, where events name several types by one key."""
    forms = FORMS.get(resource_type)
    return forms is None or not text.startswith("arn:") or any(form in text for form in forms)


def _id(text: str, resource_type: str) -> str:
    """A resource's id, from its id, name or ARN in an event."""
    if not text.startswith("arn:"):
        return text
    if resource_type == "AWS::ElasticLoadBalancingV2::LoadBalancer" and ":listener/" in text:
        return text.replace(":listener/", ":loadbalancer/").rpartition("/")[0]
    if resource_type == "AWS::SNS::Topic":
        return ":".join(text.split(":")[:6])
    if resource_type in BY_ARN:
        return text
    if resource_type in BY_SEVENTH_PART:
        return text.split(":", 7)[6] if text.count(":") >= 6 else text
    return text.partition("/")[2] if resource_type == "AWS::ECR::Repository" else re.split(r"[:/]", text)[-1]


def also_touched(before: Item | None, after: Item | None) -> list[tuple[str, str, str, str]]:
    """Which other resources came or went with one that was read again: an instance's disks and interfaces.

    Events do not always name them: a launch says nothing of the disks, an ending nothing of what ends with it.
    """
    item = after or before
    if item is None or item.type != "AWS::EC2::Instance":
        return []
    differing = _attached(before) ^ _attached(after)
    return [(item.account, item.region, resource_type, id) for resource_type, id in sorted(differing)]


def _attached(item: Item | None) -> set[tuple[str, str]]:
    return {(one.type, one.id) for one in (item.relationships if item else ()) if one.kind == "is attached to"}
