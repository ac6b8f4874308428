"""Hosts + items ─► findings: agents that fell silent, and instances that run without one.

Silence is explained by what the inventory says of the instance: one that was stopped or is gone is silent by right.
Findings end by evidence: a heartbeat, an inventory that says so, or a person who revoked the host.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nephoscope.keep import Decided, keep_decided
from nephoscope.model.finding import Finding, Kind, ResourceRef, Severity
from nephoscope.pipeline.fleet import INSTANCE, MISSED, SILENT, resource_of, state_of
from nephoscope.store.finding_list import FindingFilter, uids_of
from nephoscope.store.fleet import ENROLLED, TAMPERED, list_hosts, list_tokens
from nephoscope.store.items import ItemFilter, current_items, latest_revisions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from nephoscope.keep import Stores
    from nephoscope.store.fleet import Host
    from nephoscope.store.items import Revision

HOST_SILENT, UNWATCHED = "host_agent_is_silent", "instance_is_unwatched"
UNWATCHED_AFTER = timedelta(minutes=15)
RUNNING = "running"
HEARD = "it was heard of again, was revoked, left, or its instance does not run any more"
WATCHED = "an agent watches it, or it does not run any more"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Presence:
    """The arrow. since: from when on agents could be heard; what was silent before may be our own absence."""

    stores: Stores
    heartbeat_s: int
    clock: Callable[[], datetime] = _now
    since: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.since = self.clock()

    def round(self) -> bool:
        """One round; there is never more waiting."""
        now = self.clock()
        with self.stores.ledger.read() as connection:
            hosts, tokens = list_hosts(connection), list_tokens(connection)
        found = self._silent(hosts, now)
        if hosts or tokens:
            found += self._unwatched(hosts, now)
        keep_decided(self.stores, lambda connection: self._decided(connection, found, now))
        return False

    def _decided(self, connection: Connection, found: Sequence[Finding], now: datetime) -> Decided:
        still, ended = {each.uid for each in found}, dict[str, str]()
        for rule, why in ((HOST_SILENT, HEARD), (UNWATCHED, WATCHED)):
            standing = uids_of(connection, FindingFilter(status=("open", "waived"), rule=(rule,)))
            if rule == HOST_SILENT and not self._has_listened(now):
                continue
            ended |= dict.fromkeys(standing - still, why)
        return Decided(found, ended, at=now)

    def _has_listened(self, now: datetime) -> bool:
        """Whether agents had the time to be heard since this process began."""
        return self.since is not None and now - self.since > timedelta(seconds=MISSED * self.heartbeat_s)

    def _silent(self, hosts: Sequence[Host], now: datetime) -> list[Finding]:
        if not self._has_listened(now):
            return []
        silent = [host for host in hosts if state_of(host, now, self.heartbeat_s) == SILENT]
        keys = [_key(host) for host in silent if host.instance]
        known = latest_revisions(self.stores.lake, keys)
        found: list[Finding] = []
        for host in silent:
            revisions = known.get(_key(host), [])
            said = state_in(revisions[0]) if revisions else "not known"
            if said in (RUNNING, "pending", "not known"):
                found.append(_silence(host, said, now))
        return found

    def _unwatched(self, hosts: Sequence[Host], now: datetime) -> list[Finding]:
        watched = {_key(host) for host in hosts if host.state in (ENROLLED, TAMPERED)}
        found: list[Finding] = []
        for revision in current_items(self.stores.lake, ItemFilter(types=(INSTANCE,))):
            item = revision.item
            late = now - launched_at(item.observed, revision.captured_at) > UNWATCHED_AFTER
            if late and state_in(revision) == RUNNING and item.key not in watched:
                found.append(_alone(ResourceRef(item.type, item.id, item.account, item.region), item.name, now))
        return found


def _key(host: Host) -> tuple[str, str, str, str]:
    return (host.account, host.region, INSTANCE, host.instance)


def state_in(revision: Revision) -> str:
    """What the inventory last said of an instance: `running`, `stopped` …, `gone`, or `not known`."""
    if revision.is_deleted:
        return "gone"
    state = revision.item.configuration.get("State")
    name = state.get("Name") if isinstance(state, dict) else None
    return str(name) if name else "not known"


def launched_at(observed: Mapping[str, object], otherwise: datetime) -> datetime:
    """When an instance last started, as the inventory observed it."""
    said = observed.get("LaunchTime")
    try:
        found = said if isinstance(said, datetime) else datetime.fromisoformat(str(said))
    except ValueError:
        return otherwise
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _silence(host: Host, said: str, now: datetime) -> Finding:
    heard = f"{host.last_seen_at:%Y-%m-%d %H:%M} UTC" if host.last_seen_at else "never"
    return Finding(
        Kind.INTEGRITY,
        HOST_SILENT,
        f"Agent of {host.hostname or host.id} is silent",
        Severity.MEDIUM,
        (host.id,),
        now,
        reason=f"last heard of: {heard}; its instance is {said}" if host.instance else f"last heard of: {heard}",
        resource=resource_of(host),
        detail={"host": host.id, "instance_state": said if host.instance else ""},
    )


def _alone(instance: ResourceRef, name: str, now: datetime) -> Finding:
    return Finding(
        Kind.COMPLIANCE,
        UNWATCHED,
        f"Instance {name or instance.id} runs without an agent",
        Severity.MEDIUM,
        (instance.account, instance.region, instance.type, instance.id),
        now,
        reason="it has run for more than 15 minutes, and no enrolled host is this instance",
        resource=instance,
    )
