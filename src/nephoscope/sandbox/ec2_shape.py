"""EC2's requestParameters and responseElements: sets of items, or for younger operations the XML as it was."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from botocore.utils import parse_timestamp

from nephoscope.sandbox.answer import operation_model
from nephoscope.sandbox.ec2_names import ITEMS, RENAMED, SETS, always, is_young
from nephoscope.sandbox.s3_shape import element, scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.sandbox.answer import Outcome
    from nephoscope.sandbox.call import ApiCall

SPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
GROUP_PARTS = ("groups", "ipRanges", "ipv6Ranges", "prefixListIds")
HIDDEN = "<sensitiveDataRemoved>"
UNSAID = {"DescribeVpcAttribute": ("Attribute",), "CreateRouteTable": ("ClientToken",)}
WORDS = frozenset(("size", "volumeSize"))  # numbers that AWS writes as strings at the top


def request_parameters(call: ApiCall) -> Any:
    """What a record of EC2 says of its request."""
    given = {
        name: value
        for name, value in call.parameters.items()
        if name not in UNSAID.get(call.operation, ("DryRun", "NextToken"))
    }
    if is_young(call.operation):
        model = operation_model(call)
        return {f"{call.operation}Request": _as_sent(given, model.input_shape if model else None)}
    special = SPECIAL.get(call.operation)
    if special:
        given = special(dict(given))
    written = always(call.operation)
    for name, value in given.items():
        key = RENAMED.get((call.operation, name)) or (SETS.get(name) or ITEMS.get(name, (small(name),))[0])
        written[key] = _classic(name, value)
    if call.operation == "CreateVolume" and "size" in written:
        written["size"] = str(written["size"])
    if call.operation == "DescribeVpcClassicLink" and (vpcs := written["vpcSet"].pop("items", None)):
        written["vpcSet"]["item"] = vpcs
    return written or None


def small(name: str) -> str:
    """`InstanceId` → `instanceId`."""
    return name[:1].lower() + name[1:]


def _classic(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return {"items": [_item(name, inner) for inner in value]} if value else {}
    if isinstance(value, dict):
        return {SETS.get(key) or small(key): _classic(key, inner) for key, inner in value.items()}
    if name == "UserData":
        return HIDDEN
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _item(name: str, value: Any) -> Any:
    if name == "Filters":
        return {"name": value.get("Name"), "valueSet": {"items": [{"value": one} for one in value.get("Values", [])]}}
    if name == "TagSpecifications":
        tags = [{"key": tag.get("Key"), "value": tag.get("Value")} for tag in value.get("Tags", [])]
        return {"resourceType": value.get("ResourceType"), "tags": tags}
    if not isinstance(value, dict):
        return {ITEMS[name][1] if name in ITEMS else small(name.removesuffix("s")): value}
    written = {SETS.get(key) or small(key): _classic(key, inner) for key, inner in value.items()}
    return (
        {
            **{key: written.pop(key) for key in ("ipProtocol", "fromPort", "toPort") if key in written},
            **dict.fromkeys(GROUP_PARTS, {}),
            **written,
        }
        if name == "IpPermissions"
        else written
    )


def _as_sent(value: Any, shape: Any) -> Any:
    """Parameters under the names they were sent by: one of a list as an object, several as a list, both numbered."""
    if isinstance(value, dict):
        members = getattr(shape, "members", {})
        return {
            _sent_name(name, members.get(name)): _as_sent(inner, members.get(name)) for name, inner in value.items()
        }
    if isinstance(value, list):
        numbered = [
            _numbered(_as_sent(inner, getattr(shape, "member", None)), number) for number, inner in enumerate(value, 1)
        ]
        return numbered[0] if len(numbered) == 1 else numbered
    return scalar(value) if isinstance(value, str) else value


def _sent_name(name: str, shape: Any) -> str:
    serialization = getattr(shape, "serialization", {})
    sent = serialization.get("queryName") or serialization.get("name") or name
    return sent[:1].upper() + sent[1:]


def _numbered(value: Any, number: int) -> Any:
    return {**value, "tag": number} if isinstance(value, dict) else {"tag": number, "content": value}


def response_elements(call: ApiCall, outcome: Outcome) -> Any:
    """What a record of EC2 says of its answer; read from the XML, because its names are the XML's."""
    try:
        root = ElementTree.fromstring(outcome.body)  # noqa: S314 - moto wrote it
    except ElementTree.ParseError:
        return None
    if is_young(call.operation):
        found = element(root)
        return {f"{call.operation}Response": {"xmlns": SPACE, **(found if isinstance(found, dict) else {})}}
    model = operation_model(call)
    found = _structure(root, model.output_shape if model else None)
    answered = {"requestId": found.pop("requestId", call.request_id)}
    if "return" in found:
        answered["_return"] = found.pop("return")
    answered |= found
    if len(answered) == 1:
        answered["_return"] = True
    for name in WORDS & answered.keys():
        answered[name] = str(answered[name])
    FINISHES.get(call.operation, _as_it_is)(answered, call)
    return answered


def _as_it_is(answered: dict[str, Any], call: ApiCall) -> None:
    """Most answers are logged as they are."""


def _finish_group(answered: dict[str, Any], call: ApiCall) -> None:
    if asked := call.parameters.get("TagSpecifications"):
        answered.setdefault("tagSet", {"items": _item("TagSpecifications", asked[0])["tags"]})


def _finish_volume(answered: dict[str, Any], call: ApiCall) -> None:
    answered["zone"] = answered.pop("availabilityZone", "")


def _finish_launch(answered: dict[str, Any], call: ApiCall) -> None:
    for instance in answered.get("instancesSet", {}).get("items", []):
        cards = instance.get("networkInterfaceSet", {}).get("items", [])
        if cards and not instance.get("groupSet"):
            groups = cards[0].get("groupSet", {}).get("items", [])
            instance["groupSet"] = {"items": [{"groupId": group["groupId"]} for group in groups]}


FINISHES = {"CreateSecurityGroup": _finish_group, "CreateVolume": _finish_volume, "RunInstances": _finish_launch}


def _structure(node: ElementTree.Element, shape: Any) -> dict[str, Any]:
    members = {_xml_name(name, member): member for name, member in getattr(shape, "members", {}).items()}
    return {
        (name := child.tag.rpartition("}")[2]): _value(child, members.get(name), name)
        for child in node
        if len(child) or (child.text or "").strip() or _is_list(members.get(child.tag.rpartition("}")[2]))
    }


def _is_list(shape: Any) -> bool:
    return getattr(shape, "type_name", "") in ("list", "structure")


def _xml_name(name: str, shape: Any) -> str:
    return shape.serialization.get("name", name)


def _value(node: ElementTree.Element, shape: Any, name: str) -> Any:
    kind = getattr(shape, "type_name", "")
    items = [child for child in node if child.tag.rpartition("}")[2] == "item"]
    if kind == "list" or items:
        member = getattr(shape, "member", None)
        several = "item" if name == "privateIpAddressesSet" else "items"
        return {several: [_value(item, member, "item") for item in items]} if items else {}
    if kind == "structure" or len(node):
        return _structure(node, shape)
    return _leaf(node.text or "", kind, name)


def _leaf(text: str, kind: str, name: str) -> Any:
    if kind == "boolean" or name == "return":
        return text == "true"
    if kind in ("integer", "long") and text.lstrip("-").isdigit():
        return int(text)
    if kind in ("float", "double"):
        return float(text)
    return int(parse_timestamp(text).timestamp() * 1000) if kind == "timestamp" else text


def _run_instances(given: dict[str, Any]) -> dict[str, Any]:
    launch = {name: given.pop(name) for name in ("ImageId", "MinCount", "MaxCount", "KeyName") if name in given}
    groups = {name: given.pop(name) for name in ("SecurityGroupIds", "SecurityGroups") if name in given}
    written: dict[str, Any] = {"instancesSet": [launch], **given}
    named = [{"groupId": one} for one in groups.get("SecurityGroupIds", [])]
    named += [{"groupName": one} for one in groups.get("SecurityGroups", [])]
    return written | ({"groupSet": named} if named else {})


def _image_attribute(given: dict[str, Any]) -> dict[str, Any]:
    return given | ({"AttributeType": "launchPermission"} if "LaunchPermission" in given else {})


def _snapshot_attribute(given: dict[str, Any]) -> dict[str, Any]:
    given.pop("Attribute", None)
    users, kind = given.pop("UserIds", []), given.pop("OperationType", "add")
    groups = given.pop("GroupNames", [])
    if users or groups:
        who = [{"UserId": user} for user in users] + [{"Group": group} for group in groups]
        given["CreateVolumePermission"] = {kind.capitalize(): who}
    return given | {"AttributeType": "CREATE_VOLUME_PERMISSION"}


SPECIAL: Mapping[str, Any] = {
    "RunInstances": _run_instances,
    "ModifyImageAttribute": _image_attribute,
    "ModifySnapshotAttribute": _snapshot_attribute,
}
