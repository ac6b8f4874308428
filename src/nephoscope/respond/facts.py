"""What a trigger may ask about, by topic: names with their CEL types, and their values of one change."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nephoscope.model.finding import Actor, Finding, Kind, ResourceRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nephoscope.expression import Type

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ACTOR: Mapping[str, Type] = {
    "actor": "string",
    "actor_type": "string",
    "actor_name": "string",
    "session": "string",
    "issuer": "string",
    "access_key": "string",
    "ip": "string",
    "user_agent": "string",
    "user_name": "string",  # of an IAM user
    "role_name": "string",  # of the role behind a session
    "actor_instance": "string",  # the instance whose credentials were used
}
USER = re.compile(r"arn:[^:]+:iam::\d{12}:user/(?:.*/)?([^/]+)")
ROLE = re.compile(r"arn:[^:]+:(?:iam::\d{12}:role/(?:.*/)?([^/]+)|sts::\d{12}:assumed-role/([^/]+)/.*)")
INSTANCE = re.compile(r"(?:.*[:/])?(i-[0-9a-f]{8,17})")
SCHEMAS: Mapping[str, Mapping[str, Type]] = {
    "finding": {
        "uid": "string",
        "kind": "string",
        "rule": "string",
        "title": "string",
        "severity": "string",
        "rank": "int",
        "status": "string",
        "previous": "string",
        "why": "string",
        "reason": "string",
        "account": "string",
        "region": "string",
        "resource_type": "string",
        "resource_id": "string",
        "resources": "list(string)",
        "operations": "list(string)",
        "tags": "list(string)",
        "occurrences": "int",
        "time": "timestamp",
        "at": "timestamp",
        "detail": "dyn",
        "around": "dyn",
        **ACTOR,
    },
    "item": {
        "account": "string",
        "region": "string",
        "resource_type": "string",
        "resource_id": "string",
        "change": "string",
        "changed": "list(string)",
        "operation": "string",
        "time": "timestamp",
        "configuration": "dyn",
        **ACTOR,
    },
    "coverage": {
        "area": "string",
        "subject": "string",
        "cause": "string",
        "permission": "string",
        "state": "string",
        "account": "string",
        "region": "string",
        "time": "timestamp",
    },
    "event": {
        "uid": "string",
        "service": "string",
        "operation": "string",
        "error": "string",
        "account": "string",
        "region": "string",
        "is_read_only": "bool",
        "resources": "list(string)",
        "time": "timestamp",
        "request": "dyn",
        "response": "dyn",
        **ACTOR,
    },
}


def of_finding(
    finding: Finding,
    status: str,
    previous: str = "",
    why: str = "",
    occurrences: int = 1,
    around: Iterable[tuple[Finding, datetime]] = (),
    at: datetime | None = None,
) -> dict[str, Any]:
    """A finding's revision as a trigger sees it.

    around: what is open of the same resource, this finding too while it is, each with when it was first seen. at: when
    this became of it.
    """
    resource = finding.resource
    return {
        "uid": finding.uid,
        "kind": str(finding.kind),
        "rule": finding.rule,
        "title": finding.title,
        "severity": str(finding.severity),
        "rank": finding.severity.rank,
        "status": str(status),
        "previous": str(previous),
        "why": why,
        "reason": finding.reason,
        "account": resource.account,
        "region": resource.region,
        "resource_type": resource.type,
        "resource_id": resource.id,
        "resources": [str(each) for each in finding.detail.get("resources", ())] or [resource.id],
        "operations": list(dict.fromkeys(event.operation for event in finding.events if event.operation)),
        "tags": list(finding.tags),
        "occurrences": occurrences,
        "time": finding.time,
        "at": at or finding.time,
        "detail": dict(finding.detail),
        "around": [_around(each, since) for each, since in around],
        **of_actor(finding.actor or Actor()),
    }


def _around(finding: Finding, since: datetime) -> dict[str, Any]:
    return {
        "uid": finding.uid,
        "kind": str(finding.kind),
        "rule": finding.rule,
        "severity": str(finding.severity),
        "rank": finding.severity.rank,
        "since": since,
        "time": finding.time,
        "detail": dict(finding.detail),
    }


def of_actor(actor: Actor) -> dict[str, str]:
    """Who did it; what is not known is empty."""
    return {
        "actor": actor.uid,
        "actor_type": actor.type,
        "actor_name": actor.name,
        "session": actor.session,
        "issuer": actor.issuer,
        "access_key": actor.credential,
        "ip": actor.ip,
        "user_agent": actor.user_agent,
        "user_name": _first(USER, actor.uid),
        "role_name": _first(ROLE, actor.issuer) or _first(ROLE, actor.uid),
        "actor_instance": _first(INSTANCE, actor.session) or _first(INSTANCE, actor.uid),
    }


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.fullmatch(text)
    return next(filter(None, found.groups()), "") if found else ""


def of_item(body: Mapping[str, Any], configuration: Any = None) -> dict[str, Any]:
    """A resource's change, as the feed tells it, with what it is now."""
    attribution = body.get("attribution") or {}
    actor = Actor(**{name: str(value) for name, value in (attribution.get("actor") or {}).items()})
    return {
        "account": body["account"],
        "region": body["region"],
        "resource_type": body["type"],
        "resource_id": body["id"],
        "change": body["change"],
        "changed": list(body.get("changed", ())),
        "operation": str(attribution.get("operation", "")),
        "time": as_time(body.get("captured_at")),
        "configuration": configuration or {},
        **of_actor(actor),
    }


def of_coverage(body: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What can no longer be seen, or can again."""
    return {name: body.get(name) or "" for name in SCHEMAS["coverage"] if name != "time"} | {"time": at}


def of_event(row: Mapping[str, Any]) -> dict[str, Any]:
    """An event's OCSF columns as a trigger sees them; request and response as JSON values."""

    def text(column: str) -> str:
        return str(row.get(column) or "")

    actor = Actor(
        text("actor.user.uid"),
        text("actor.user.type"),
        text("actor.user.name"),
        text("actor.session.uid"),
        text("actor.session.issuer"),
        text("actor.user.credential_uid"),
        text("src_endpoint.ip"),
        text("http_request.user_agent"),
    )
    return {
        "uid": text("metadata.uid"),
        "service": text("api.service.name"),
        "operation": text("api.operation"),
        "error": text("api.response.error"),
        "account": text("cloud.account.uid"),
        "region": text("cloud.region"),
        "is_read_only": bool(row.get("is_read_only")),
        "resources": [str(each) for each in row.get("resource_uids") or ()],
        "time": as_time(row.get("time")),
        "request": decoded(row.get("api.request.data")),
        "response": decoded(row.get("api.response.data")),
        **of_actor(actor),
    }


def decoded(text: Any) -> Any:
    """JSON text as its value; an empty object for none, and for what is no JSON."""
    import msgspec

    try:
        return msgspec.json.decode(text) if text else {}
    except (ValueError, RecursionError):
        return {}


def as_time(value: Any) -> datetime:
    """A time, or its ISO text; 1970 where there is none."""
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value) if isinstance(value, str) and value else EPOCH


def sample(topic: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every name of a topic, those not given empty: what an example in a trigger's file stands for."""
    empty: Mapping[str, Any] = {
        "string": "",
        "int": 0,
        "bool": False,
        "list(string)": [],
        "timestamp": EPOCH,
        "dyn": {},
    }
    values = {name: empty[kind] if isinstance(kind, str) else {} for name, kind in SCHEMAS[topic].items()} | dict(given)
    if topic == "finding":
        values["around"] = [_sampled(each) for each in given.get("around", ())]
    if topic == "finding" and "severity" in given and "rank" not in given:
        from nephoscope.model.finding import Severity

        values["rank"] = Severity(given["severity"]).rank
    times = {name: as_time(values[name]) for name in ("time", "at") if name in values}
    return values | times


def _sampled(given: Mapping[str, Any]) -> dict[str, Any]:
    """A finding around, as an example gives it: what it leaves out is empty."""
    empty = {"uid": "", "kind": "", "rule": "", "severity": "", "rank": 0, "detail": {}}
    times = {name: as_time(given.get(name, EPOCH)) for name in ("since", "time")}
    return empty | dict(given) | times


def may_have_been_there(topic: str, values: Mapping[str, Any]) -> bool:
    """Whether a change may say only that something was read for the first time, not that it came about."""
    if topic == "finding":
        return values["kind"] == Kind.COMPLIANCE and bool(values["resource_type"])
    return topic == "item" and values["change"] == "created"


def resource_of(topic: str, values: Mapping[str, Any]) -> ResourceRef:
    """The resource that a change is about, as far as it has one."""
    if topic not in ("finding", "item"):
        return ResourceRef(account=values.get("account", ""), region=values.get("region", ""))
    return ResourceRef(values["resource_type"], values["resource_id"], values["account"], values["region"])
