"""The lists of vulnerabilities, of the packages and targets that have them, and of the feeds of advisories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.query import Field, Type
from nephoscope.pipeline.judging import known_of
from nephoscope.portal.keys import key
from nephoscope.portal.shapes.vulnerabilities import FeedRow, TargetRow, VulnerabilityRow, VulnerablePackageRow
from nephoscope.portal.sources import MemorySource
from nephoscope.scan.report import UNKNOWN, severity_of
from nephoscope.scan.rows import by_package, by_target, by_vulnerability
from nephoscope.store.advisory_feeds import age_days, list_feeds
from nephoscope.store.advisory_fetches import list_fetches
from nephoscope.store.packages import list_looks

if TYPE_CHECKING:
    from nephoscope.pipeline.judging import Known
    from nephoscope.portal.caller import Caller

KEPT_S = 5.0
FIELDS = {
    field.name: field
    for field in (
        Field("priority", Type.NUMBER, "0 to 100, of its most exposed target", is_sortable=True),
        Field("severity", Type.SEVERITY, "", is_facet=True, is_sortable=True),
        Field("ecosystem", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("exposure", Type.WORD, "of its most exposed target", is_facet=True),
        Field("kev", Type.BOOL, "whether CISA knows it to be exploited", is_facet=True),
        Field("ransomware", Type.BOOL, "whether CISA knows it to be used for ransomware", is_facet=True),
        Field("epss", Type.NUMBER, "how likely exploitation is within 30 days, 0 to 1", is_sortable=True),
        Field("due", Type.TIME, "by when it is to be mended", is_sortable=True),
        Field("vex", Type.WORD, "what a VEX document says of it everywhere", is_facet=True),
        Field("has_fix", Type.BOOL, "whether a version is known that ends it", is_facet=True),
        Field("is_rated", Type.BOOL, "whether an advisory says how grave it is; else it counts as medium"),
        Field("feeds", Type.WORD, "who says so", is_facet=True, is_many=True),
        Field("vulnerability", Type.WORD, "its CVE, or the advisory's id", is_sortable=True),
        Field("package", Type.WORD, "", is_sortable=True),
        Field("version", Type.WORD, ""),
        Field("on", Type.WORD, "an instance, host or image that has it", is_many=True),
        Field("targets", Type.NUMBER, "how many have it", is_sortable=True),
        Field("found_at", Type.TIME, "", is_sortable=True),
    )
}
PACKAGE_FIELDS = {
    field.name: field
    for field in (
        Field("ecosystem", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("has_fix", Type.BOOL, "whether a version is known that ends some of them", is_facet=True),
        Field("package", Type.WORD, "", is_sortable=True),
        Field("version", Type.WORD, ""),
        Field("on", Type.WORD, "an instance, host or image that has it", is_many=True),
        Field("critical", Type.NUMBER, "", is_sortable=True),
        Field("high", Type.NUMBER, "", is_sortable=True),
        Field("vulnerabilities", Type.NUMBER, "", is_sortable=True),
        Field("targets", Type.NUMBER, "how many have it", is_sortable=True),
    )
}
TARGET_FIELDS = {
    field.name: field
    for field in (
        Field("type", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("account", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("region", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("looked_by", Type.WORD, "", is_facet=True),
        Field("target", Type.WORD, "its id", is_sortable=True),
        Field("name", Type.TEXT, "", is_sortable=True),
        Field("critical", Type.NUMBER, "", is_sortable=True),
        Field("high", Type.NUMBER, "", is_sortable=True),
        Field("vulnerabilities", Type.NUMBER, "", is_sortable=True),
        Field("looked_at", Type.TIME, "", is_sortable=True),
        Field("cause", Type.TEXT, "why the latest look saw not all"),
    )
}
FEED_FIELDS = {
    field.name: field
    for field in (
        Field("name", Type.WORD, "", is_sortable=True),
        Field("advisories", Type.NUMBER, "", is_sortable=True),
        Field("imported_at", Type.TIME, "", is_sortable=True),
        Field("is_matched", Type.BOOL, "", is_facet=True),
    )
}


def _known(me: Caller) -> Known:
    """What is known of the targets in a caller's scope; read anew after a moment."""

    def load() -> Known:
        with me.portal.ledger.read() as connection:
            looks = [look for look in list_looks(connection) if me.scope.holds(look.target.account)]
            return known_of(connection, looks, me.portal.config.vulnerabilities.due_days)

    return me.portal.cache.get(("vulnerabilities", me.scope), load, KEPT_S)


def _vulnerabilities(me: Caller) -> list[dict[str, Any]]:
    known = _known(me)
    return [
        row
        | {
            "key": key(*(row[name] for name in ("vulnerability", "ecosystem", "package", "version"))),
            "severity": severity_of(row["severity"]),
            "is_rated": row["severity"] != UNKNOWN,
            "has_fix": bool(row["fixed"]),
        }
        for row in by_vulnerability(known.said, known.held, known.dated, known.judge, known.worst)
    ]


def _packages(me: Caller) -> list[dict[str, Any]]:
    known = _known(me)
    return [
        row
        | {
            "key": f"{row['ecosystem']} {row['package']} {row['version']}",
            "has_fix": bool(row["fixed"]),
        }
        for row in by_package(known.said, known.held)
    ]


def _targets(me: Caller) -> list[dict[str, Any]]:
    known = _known(me)
    keys = {
        (look.target.type, look.target.id, look.target.account, look.target.region): look.target.key
        for look in known.looks
    }
    return [
        row | {"key": keys[row["type"], row["target"], row["account"], row["region"]]}
        for row in by_target(known.said, known.held, known.looks)
    ]


def _feeds(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        feeds, fetches = list_feeds(connection), list_fetches(connection)
    names = ("name", "advisories", "newest_at", "imported_at", "sha256")
    return [
        {name: getattr(feed, name) for name in names}
        | {"is_matched": feed.is_judged, "age_days": age_days(feed.newest_at)}
        | {
            "checked_at": fetches[feed.name].checked_at if feed.name in fetches else None,
            "cause": fetches[feed.name].cause if feed.name in fetches else "",
        }
        for feed in feeds
    ]


SOURCE = MemorySource("vulnerabilities", FIELDS, "-priority,-targets", "key", _vulnerabilities, VulnerabilityRow)
PACKAGES = MemorySource("packages", PACKAGE_FIELDS, "-critical,-high", "key", _packages, VulnerablePackageRow)
TARGETS = MemorySource("targets", TARGET_FIELDS, "-critical,-high", "key", _targets, TargetRow)
FEEDS = MemorySource("advisories", FEED_FIELDS, "name", "name", _feeds, FeedRow)
