"""Every list with its fields, for completion."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from nephoscope.model.query import And, Compare, Op, Or, Word
from nephoscope.portal.lists import (
    accounts,
    audit,
    changes,
    checks,
    coverage,
    deliveries,
    events,
    evidence,
    exporters,
    findings,
    frameworks,
    hosts,
    integrity,
    items,
    playbooks,
    rules,
    runs,
    sessions,
    tokens,
    triggers,
    users,
    views,
    vulnerabilities,
    waivers,
)
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.query import OPERATORS
from nephoscope.portal.shapes.queries import QueryField, QueryFields, QueryLists, Values

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller
    from nephoscope.portal.sources import Source

MODULES = (accounts, audit, changes, checks, events, findings, frameworks, items, rules, sessions, tokens, users, views)
OWN = [module.SOURCE for module in (*MODULES, deliveries, evidence, exporters, playbooks, runs, triggers, waivers)]
PACKAGES = (vulnerabilities.SOURCE, vulnerabilities.TARGETS, vulnerabilities.FEEDS)
HOSTS = (hosts.SOURCE, hosts.TOKENS, integrity.SOURCE, integrity.BASELINES)
ALL = (*OWN, *PACKAGES, *HOSTS, coverage.GAPS_SOURCE, coverage.HOURS_SOURCE)
SOURCES: dict[str, Source] = {each.name: each for each in ALL}
DEFAULTS = {"findings": "status:open", "items": "is_deleted:false", "gaps": "state:open", "rules": "is_silent:false"}
GUARDED = {
    "users": Permission.USERS,
    "join_tokens": Permission.USERS,
    "audit": Permission.AUDIT,
    "deliveries": Permission.DELIVERIES,
    "exporters": Permission.DELIVERIES,
}


@lru_cache(maxsize=1)
def all_fields() -> QueryLists:
    """The fields of every list."""
    return QueryLists(lists=[_fields(source) for _, source in sorted(SOURCES.items())])


def _fields(source: Source) -> QueryFields:
    fields = [
        QueryField(
            name=field.name,
            type=field.type.value,
            about=field.about,
            values=list(field.values),
            is_facet=field.is_facet,
            is_sortable=field.is_sortable,
        )
        for field in source.fields.values()
    ]
    return QueryFields(
        list=source.name,
        fields=fields,
        default_sort=source.default_sort,
        default_q=DEFAULTS.get(source.name, ""),
        operators=list(OPERATORS),
    )


def values_beginning(me: Caller, name: str, field: str, begins: str) -> Values:
    """Values of a field in scope that begin so."""
    source = SOURCES.get(name)
    if source is None or field not in source.fields:
        raise ProblemError("not-found", "There is no such list, or no such field of it")
    if name in GUARDED and not me.may(GUARDED[name]):
        raise ProblemError("not-allowed")
    known = source.fields[field]
    if known.values:
        return Values(field=field, values=[each for each in known.values if each.startswith(begins.lower())])
    if known.type not in ("word", "text"):
        return Values(field=field, values=[])
    found = dict(source.facets(me, And(), [field]))[field] if not begins else _narrowed(me, source, field, begins)
    return Values(field=field, values=[value for value, _ in found if value.lower().startswith(begins.lower())][:50])


def _narrowed(me: Caller, source: Source, field: str, begins: str) -> list[tuple[str, int]]:
    """The same, among rows that have such a value; a word beside it keeps it from being left out as the facet's own."""
    wanted = Or((Compare(field, Op.LIKE, (begins, "")), And((Word(begins), Compare(field, Op.LIKE, (begins, ""))))))
    return source.facets(me, wanted, [field])[field]
