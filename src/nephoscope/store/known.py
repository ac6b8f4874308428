"""What the lake knows of a resource or an actor: its configuration, its peers, its events; for plans and evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.store.items import item_history, latest_revisions
from nephoscope.store.lake_facts import items_naming
from nephoscope.store.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nephoscope.store.lake import LakeReader

MOST = 500
PEERS = (
    "SELECT peer, port, direction, sum(bytes) AS bytes, count() AS flows, max(at) AS last_at FROM ("
    " SELECT if(is_out, `dst_endpoint.ip`, `src_endpoint.ip`) AS peer, `dst_endpoint.port` AS port,"
    " if(is_out, 'out', 'in') AS direction, ifNull(`traffic.bytes`, 0) AS bytes, time AS at,"
    " has({addresses:Array(String)}, `src_endpoint.ip`) AS is_out FROM events"
    " WHERE `cloud.account.uid` = {account:String} AND class_uid = 4001 AND disposition = 'ACCEPT'"
    " AND time >= now64(3) - toIntervalDay({days:UInt16})"
    " AND (has({addresses:Array(String)}, `src_endpoint.ip`) OR has({addresses:Array(String)}, `dst_endpoint.ip`))"
    ") GROUP BY peer, port, direction ORDER BY bytes DESC, peer, port LIMIT {most:UInt32}"
)
EVENTS = (
    "SELECT * EXCEPT (raw_data) FROM events WHERE `cloud.account.uid` = {account:String}"
    " AND time >= now64(3) - toIntervalDay({days:UInt16})"
    " AND ({actor:String} = '' OR `actor.user.uid` = {actor:String} OR `actor.user.credential_uid` = {actor:String}"
    " OR `actor.session.uid` = {actor:String} OR `actor.session.issuer` = {actor:String})"
    " AND ({resource:String} = '' OR has(resource_uids, {resource:String})"
    " OR position(ifNull(`api.request.data`, ''), {resource:String}) > 0"
    " OR position(ifNull(`api.response.data`, ''), {resource:String}) > 0)"
    " ORDER BY time DESC, `metadata.uid` LIMIT {most:UInt32}"
)


@dataclass(frozen=True)
class Known:
    """Answers from the lake, at most `MOST` rows each."""

    lake: LakeReader

    def item(self, type_: str, id_: str, account: str, region: str = "") -> Mapping[str, Any] | None:
        """A resource as last read; None if it is not known, or was deleted."""
        for place in dict.fromkeys((region, "global", "")):
            found = latest_revisions(self.lake, [(account, place, type_, id_)])
            for revision, *_ in found.values():
                if revision.is_deleted:
                    return None
                return msgspec.to_builtins(revision.item) | {"captured_at": revision.captured_at.isoformat()}
        return None

    def history(self, key: tuple[str, str, str, str]) -> Sequence[Mapping[str, Any]]:
        """Every revision of a resource, newest first, as JSON."""
        return [msgspec.to_builtins(revision) for revision in item_history(self.lake, key)]

    def dependents(self, type_: str, id_: str, account: str) -> Sequence[Mapping[str, Any]]:
        """Existing resources of an account that name this one, as last read."""
        return items_naming(self.lake, Scope.everything(), account, type_, id_, MOST)

    def flows(self, account: str, addresses: Sequence[str], days: int = 7) -> Sequence[Mapping[str, Any]]:
        """Accepted flows of these addresses by peer, most bytes first."""
        if not addresses:
            return []
        given = {"account": account, "addresses": list(addresses), "days": days, "most": MOST}
        return self.lake.rows(PEERS, given)

    def events(
        self, account: str, *, actor: str = "", resource: str = "", days: int = 7
    ) -> Sequence[Mapping[str, Any]]:
        """OCSF rows of events by an actor or on a resource, newest first; none if neither is named."""
        if not actor and not resource:
            return []
        given = {"account": account, "actor": actor, "resource": resource, "days": days, "most": MOST}
        return self.lake.rows(EVENTS, given)
