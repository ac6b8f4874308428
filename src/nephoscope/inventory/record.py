"""What a CloudTrail record says, read with care: any part may be missing, or of another shape.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.event_map import event_name
from nephoscope.model.finding import Actor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import Reader

Event = dict[str, Any]
DEEPEST = 32


def keys(value: Any, depth: int) -> set[str]:
    """Every key in a JSON value, in lower case."""
    if depth > DEEPEST or not isinstance(value, (dict, list)):
        return set()
    inner = value.values() if isinstance(value, dict) else value
    own = {str(key).lower() for key in value} if isinstance(value, dict) else set()
    return own.union(*(keys(one, depth + 1) for one in inner))


def is_write(event: Event) -> bool:
    """Whether the call may change something, and succeeded."""
    return not event.get("errorCode") and event.get("readOnly") in (False, None, "false")


def is_of_root(event: Event) -> bool:
    """Whether root did it to itself: IAM's calls on keys and MFA name no user then."""
    is_root = part(event, "userIdentity").get("type") == "Root"
    return is_root and not part(event, "requestParameters").get("userName")


def part(event: Event, key: str) -> dict[str, Any]:
    """An object in the record; empty where there is none."""
    found = event.get(key)
    return found if isinstance(found, dict) else {}


def name_of(event: Event) -> str:
    """The operation, as the API calls it."""
    return event_name(str(event.get("eventName", "")))


def actor_of(event: Event) -> str:
    """Who did it: the same text for the same actor."""
    identity = part(event, "userIdentity")
    return str(identity.get("arn") or identity.get("principalId") or identity.get("invokedBy") or identity.get("type"))


def time_of(event: Event) -> datetime | None:
    """When, to the second; None where the record does not say."""
    at = event.get("eventTime")
    if isinstance(at, datetime):
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        return datetime.fromisoformat(str(at)).replace(tzinfo=UTC)
    except ValueError:
        return None


def _parts(event: Event) -> tuple[Any, ...]:
    return (event.get("requestParameters"), event.get("responseElements"), event.get("resources"))


def texts(event: Event) -> Iterator[str]:
    """Every text in an event's request and answer, and the last part of each ARN among them."""
    for leaf in values(event):
        yield leaf
        if leaf.startswith("arn:"):
            yield leaf.rpartition("/")[2]


def named(event: Event, reader: Reader) -> Iterator[str]:
    """The texts that stand under keys by which events name the type."""
    names = {name.lower() for name in reader.named_by}
    for part in _parts(event):
        yield from _under(part, names, 0)
    resources = event.get("resources")
    for resource in resources if isinstance(resources, list) else ():
        arn = resource.get("ARN") if isinstance(resource, dict) else None
        if isinstance(arn, str) and resource.get("type") == reader.type:
            yield arn


def _under(value: Any, names: set[str], depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for element in value:
            yield from _under(element, names, depth + 1)
    if isinstance(value, dict):
        for key, element in value.items():
            if str(key).lower() in names:
                several = element if isinstance(element, list) else [element]
                yield from (text for text in several if isinstance(text, str) and text)
            if not isinstance(element, str):
                yield from _under(element, names, depth + 1)


def values(event: Event) -> Iterator[str]:
    """Every scalar in an event's request and answer, as text."""
    for part in _parts(event):
        yield from leaves(part)


def leaves(value: Any, depth: int = 0) -> Iterator[str]:
    """Every scalar in a JSON value, as text; texts that are JSON are gone into."""
    if depth > DEEPEST or value is None:
        return
    if isinstance(value, dict):
        for element in value.values():
            yield from leaves(element, depth + 1)
    elif isinstance(value, list):
        for element in value:
            yield from leaves(element, depth + 1)
    elif isinstance(value, str):
        yield value
        if value[:1] in ("{", "["):
            yield from leaves(_decoded(value), depth + 1)
    else:
        yield str(value).lower()


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def actor(event: Event) -> Actor:
    """Who did it, with session, address and program."""
    identity = part(event, "userIdentity")
    context = part(identity, "sessionContext")
    issuer = part(context, "sessionIssuer")
    return Actor(
        uid=_text(identity.get("arn") or identity.get("principalId") or identity.get("invokedBy")),
        type=_text(identity.get("type")),
        name=_text(identity.get("userName") or issuer.get("userName")),
        session=_text(identity.get("principalId")),
        issuer=_text(issuer.get("arn")),
        credential=_text(identity.get("accessKeyId")),
        ip=_text(event.get("sourceIPAddress")),
        user_agent=_text(event.get("userAgent")),
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)
