"""Who changed it: from a change and the write events around it to the event that made it, or to none.

Pure. An event is a CloudTrail record, decoded. It is named only if no event of another actor can have made the same
change; what cannot be told apart stays unattributed, with its candidates.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.engine import readers
from nephoscope.inventory.event_map import properties_of, types_of
from nephoscope.inventory.record import (
    actor,
    actor_of,
    is_of_root,
    is_write,
    keys,
    leaves,
    name_of,
    named,
    texts,
    time_of,
    values,
)
from nephoscope.inventory.resource import GLOBAL
from nephoscope.model.change import Change, Kind, changes

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from nephoscope.inventory.record import Event
    from nephoscope.inventory.resource import Reader
    from nephoscope.model.item import Item

# An event's time is cut to the second, and what it did may show some seconds later.
BEFORE = timedelta(seconds=15)
AFTER = timedelta(seconds=3)
# Verbs of events that only put in, and that only take out.
PUTS_IN = re.compile(
    r"Add|Authorize|Attach|Associate|Subscribe|Tag|Enable|Create(Tags|Route|NetworkAclEntry|Listener|LoginProfile)"
)
TAKES_OUT = re.compile(r"Remove|Revoke|Detach|Disassociate|Unsubscribe|Untag|Delete|Deactivate|Disable")
CREATES = "Create|Run|Register|Copy|Import|Restore|Replicate|Put"
PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
SHORTEST = 3
STARTS = r"(Create|Run|Start|Stop|Terminate|Reboot|Modify|Update|Restore|Copy)(?!Tags)"
# Types that change by themselves for a while after a call.
SETTLING = {
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Image",
    "AWS::EC2::Instance",
    "AWS::EC2::NetworkInterface",
    "AWS::EC2::Snapshot",
    "AWS::EC2::Volume",
    "AWS::EFS::FileSystem",
    "AWS::EKS::Cluster",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::RDS::DBInstance",
}
# What creating and deleting events call a type, or what it comes and goes with.
NOUNS = {
    "AWS::EC2::Volume": ("Volume", "Instance"),
    "AWS::EC2::NetworkInterface": ("NetworkInterface", "Instance"),
    "AWS::EC2::SecurityGroup": ("SecurityGroup", "Vpc"),
    "AWS::EC2::NetworkAcl": ("NetworkAcl", "Vpc"),
    "AWS::EC2::RouteTable": ("RouteTable", "Vpc"),
    "AWS::EC2::Subnet": ("Subnet", "Vpc"),
    "AWS::EC2::InternetGateway": ("InternetGateway", "Vpc"),
    "AWS::EC2::Snapshot": ("Snapshot", "Image"),
    "AWS::IAM::ManagedPolicy": ("Policy",),
}


@dataclass(frozen=True)
class Attribution:
    """Which event made a change; None if that cannot be told, `reason` says why and `candidates` who comes in question.

    change: of the whole resource (path "") when it was created or deleted.
    """

    change: Change
    event: Event | None
    candidates: tuple[Event, ...] = ()
    reason: str = ""


def attribute(
    before: Item | None, after: Item | None, events: Iterable[Event], explained: Container[str] = ()
) -> tuple[Attribution, ...]:
    """Name the event behind each change from one revision of a resource to the next.

    before, after: None where the resource did not exist; `captured_at` bounds when the change was made.
    events: write events of the account, any order; those that do not concern the resource are passed over.
    explained: ids of events that made earlier revisions; they come second.
    """
    items = [item for item in (after, before) if item is not None]
    found = [event for event in events if _is_within(event, before, after)]
    found = [event for event in found if any(_concerns(event, item) for item in items)]
    ordered = sorted(found, key=lambda event: str(event.get("eventTime", "")))
    if before is None or after is None:
        return tuple(_of_existence(item, before is None, ordered) for item in items)
    return tuple(_of_change(change, ordered, before, explained) for change in changes(before, after))


def _of_existence(item: Item, is_new: bool, events: Sequence[Event]) -> Attribution:
    """Who created or deleted the resource: the first creating, the last deleting event."""
    change = Change("", Kind.ADDED if is_new else Kind.REMOVED)
    able = [event for event in events if _makes(event, item.type, is_new)]
    if not able:
        reason = f"no event was seen that {'creates' if is_new else 'deletes'} it"
        return Attribution(change, None, tuple(events), reason)
    return _chosen(change, able, able[0 if is_new else -1])


def _makes(event: Event, resource_type: str, is_new: bool) -> bool:
    """Whether the event creates, or deletes, resources of the type."""
    nouns = "|".join(NOUNS.get(resource_type, (resource_type.rpartition("::")[2],)))
    if is_new:
        form = (
            rf"(Create|Run|Register|Copy|Import|Restore|Replicate|Put)(Default)?({nouns})(s|(From|To)\w+|ReadReplica)?"
        )
    else:
        form = rf"(Delete|Terminate|Deregister)({nouns})s?"
    return re.fullmatch(form, name_of(event), re.IGNORECASE) is not None


def _of_change(change: Change, events: Sequence[Event], before: Item, explained: Container[str]) -> Attribution:
    able = [event for event in events if _can_touch(event, change)]
    if not able:
        return Attribution(change, None, tuple(events), "no event was seen that can have made it")
    fresh = [event for event in able if not _is_old(event, before, explained)]
    fresh = fresh or [event for event in able if _settles(event, before) or _shows(event, change)]
    if not fresh:
        return Attribution(change, None, tuple(able), "the events that were seen had made earlier revisions")
    proven = [event for event in fresh if _shows(event, change)]
    specific = [event for event in proven or fresh if _is_specific(event, change)]
    if proven:
        return _chosen(change, specific or proven, (specific or proven)[-1])
    return _chosen(change, fresh, (specific or fresh)[-1])


def _settles(event: Event, before: Item) -> bool:
    """Whether the event started what goes on by itself: a launch, whose machine gets its addresses later."""
    return before.type in SETTLING and re.match(STARTS, name_of(event)) is not None


def _chosen(change: Change, events: Sequence[Event], event: Event) -> Attribution:
    if len({actor_of(one) for one in events}) > 1:
        return Attribution(change, None, tuple(events), "several actors' events can have made it")
    return Attribution(change, event, tuple(events))


def _is_specific(event: Event, change: Change) -> bool:
    """Whether the event is about the very property: by its name, or because its request names it."""
    if properties_of(name_of(event)):
        return True
    words = {change.property.lower(), change.path.rpartition("/")[2].lower()}
    return bool(words & keys(event.get("requestParameters"), 0))


def _is_old(event: Event, before: Item, explained: Container[str]) -> bool:
    if str(event.get("eventID", "")) in explained:
        return True
    at = time_of(event)
    return bool(at and before.captured_at and at < before.captured_at - timedelta(seconds=1))


def _is_within(event: Event, before: Item | None, after: Item | None) -> bool:
    at = time_of(event)
    if at is None:
        return False
    since = before.captured_at - BEFORE if before and before.captured_at else None
    until = after.captured_at + AFTER if after and after.captured_at else None
    return (since is None or at >= since) and (until is None or at <= until)


def _concerns(event: Event, item: Item) -> bool:
    """Whether a write event that succeeded names the resource."""
    if not is_write(event) or item.type not in types_of(str(event.get("eventSource", "")), name_of(event)):
        return False
    if str(event.get("recipientAccountId") or item.account) != item.account:
        return False
    reader = readers()[item.type]
    if item.region != GLOBAL and not reader.is_global and event.get("awsRegion") not in (item.region, None):
        return False
    return _names(event, item, reader)


def _names(event: Event, item: Item, reader: Reader) -> bool:
    if reader.is_one_per_account:
        return item.type != "AWS::IAM::Root" or is_of_root(event)
    known = {item.id, item.arn} - {""}
    if reader.id_prefix:
        return any(text in known for text in texts(event)) or bool(_parents(item) & set(texts(event)))
    known |= {item.name} if item.type == "AWS::SecretsManager::Secret" else set()
    return any(_means(text, known, item) for text in named(event, reader))


def words_of(item: Item) -> frozenset[str] | None:
    """Words of which each event that concerns the item has one in its request or answer; None where none need be.

    They are the plainest part of what `_names` looks for, so that text can be searched as it stands, escapes and all.
    """
    if readers()[item.type].is_one_per_account:
        return None
    named = {item.id, *_parents(item)} | ({item.name} if item.type == "AWS::SecretsManager::Secret" else set())
    words = {max(PLAIN.findall(re.split(r"[:/]", text)[-1]), key=len, default="") for text in named}
    return None if any(len(word) < SHORTEST for word in words) else frozenset(words)


def _means(text: str, known: set[str], item: Item) -> bool:
    """Whether an id, a name or an ARN in an event is the resource's."""
    if text in known or (item.arn and text.startswith((f"{item.arn}:", f"{item.arn}/"))):
        return True
    if item.type.startswith("AWS::ElasticLoadBalancingV2::"):
        return text.replace(":listener/", ":loadbalancer/").startswith(f"{item.id}/")
    return text.startswith("arn:") and re.split(r"[:/]", text)[-1] in known


def _parents(item: Item) -> set[str]:
    """Resources with which this one comes and goes: a VPC's default group, an instance's disk and interface."""
    configuration = item.configuration
    instances = [attachment.get("InstanceId", "") for attachment in configuration.get("Attachments") or ()]
    instances.append((configuration.get("Attachment") or {}).get("InstanceId", ""))
    is_main = any(one.get("Main") for one in configuration.get("Associations") or () if isinstance(one, dict))
    is_default = configuration.get("GroupName") == "default" or configuration.get("IsDefault") is True or is_main
    subnets = [one.get("SubnetId", "") for one in configuration.get("Associations") or () if isinstance(one, dict)]
    vpc = [configuration.get("VpcId", "")] if is_default and item.type != "AWS::EC2::VPC" else []
    interfaces = [one.get("NetworkInterfaceId", "") for one in configuration.get("NetworkInterfaces") or ()]
    return {id for id in (*instances, *subnets, *vpc, *interfaces) if id.rpartition("-")[2]}


def _can_touch(event: Event, change: Change) -> bool:
    """Whether the event can have done this to the property: what only adds does not remove, and the other way."""
    name = name_of(event)
    properties = properties_of(name)
    if properties is not None and change.property not in properties:
        return False
    if change.kind is Kind.CHANGED:
        return True
    return not (PUTS_IN if change.kind is Kind.REMOVED else TAKES_OUT).match(name)


def _shows(event: Event, change: Change) -> bool:
    """Whether every value that the change brought, or took away, stands in the event.

    That a value is gone is shown only by an event that takes out: the one that put it in names it, too.
    """
    if change.kind is Kind.REMOVED and not TAKES_OUT.match(name_of(event)):
        return False
    wanted = set(leaves(change.before if change.kind is Kind.REMOVED else change.after))
    return bool(wanted) and wanted <= set(values(event))


def authorship(attributions: Sequence[Attribution]) -> dict[str, Any]:
    """What a revision keeps of who made it, as JSON: the last event, its actor, and which event made which path.

    Empty if no event is named; a path that none is named for has an empty event_uid.
    """
    events = sorted((one.event for one in attributions if one.event), key=lambda event: str(event.get("eventTime")))
    if not events:
        return {}
    last = events[-1]
    return {
        "event_uid": str(last.get("eventID", "")),
        "time": str(last.get("eventTime", "")),
        "operation": str(last.get("eventName", "")),
        "service": str(last.get("eventSource", "")),
        "actor": asdict(actor(last)),
        "changes": [
            {
                "path": one.change.path,
                "event_uid": str(one.event.get("eventID", "")) if one.event else "",
                "actor": str(actor(one.event)) if one.event else "",
                "candidates": [] if one.event else [str(event.get("eventID", "")) for event in one.candidates],
            }
            for one in attributions
        ],
    }
