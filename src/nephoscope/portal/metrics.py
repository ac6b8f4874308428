"""Metrics as Prometheus reads them, and whether the stores answer.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from nephoscope.pipeline.fleet import host_states
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Done
from nephoscope.store.advisory_feeds import list_feeds
from nephoscope.store.counts import count_by, gap_counts, hour_counts, summed, waiting_runs
from nephoscope.store.deliveries import count_deliveries
from nephoscope.store.events import count_events
from nephoscope.store.feed import first_number, last_number
from nephoscope.store.lake_facts import source_ends
from nephoscope.store.outbox import waiting_changes
from nephoscope.store.scope import Scope
from nephoscope.store.tables import FINDINGS, GAPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.portal.caller import Caller

ALL = Scope.everything()
KEPT_S = 5.0


def ready(me: Caller) -> Done:
    """Answer once both stores do. StoreError becomes 503."""
    count_events(me.portal.lake, "no such source")
    with me.portal.ledger.read() as connection:
        last_number(connection)
    return Done()


def metrics(me: Caller) -> str:
    """Every metric, as text. Raises `not-allowed` for callers from elsewhere without the right."""
    if not (is_here(me) or me.may(Permission.METRICS)):
        raise ProblemError("not-allowed", "From elsewhere than this machine the permission metrics is needed")
    return me.portal.cache.get(("metrics",), lambda: "".join(_lines(me)), KEPT_S)


def is_here(me: Caller) -> bool:
    """Whether the caller is on this machine, and no proxy speaks for somebody else."""
    forwarded = {"forwarded", "x-forwarded-for", "x-real-ip"} & set(me.request.headers)
    try:
        return ipaddress.ip_address(me.ip).is_loopback and not forwarded
    except ValueError:
        return False


def _lines(me: Caller) -> Iterator[str]:
    now = me.portal.clock()
    with me.portal.ledger.read() as connection:
        by_severity = count_by(connection, FINDINGS.c.severity, ALL, FINDINGS.c.status == "open")
        areas = gap_counts(connection, ALL, GAPS.c.area)
        hours = summed(hour_counts(connection, ALL).values())
        feed, first = last_number(connection), first_number(connection)
        waiting = waiting_changes(connection)
        unsent = count_deliveries(connection)
        runs = waiting_runs(connection, ALL)
        hosts = host_states(connection, now, me.portal.config.fleet.heartbeat_s)
        feeds = {feed.name: (now - feed.imported_at).total_seconds() for feed in list_feeds(connection)}
    lags = {name: (now - last).total_seconds() for name, last in source_ends(me.portal.lake, ALL).items()}
    yield from family("nephoscope_open_findings", "gauge", "Open findings.", "severity", by_severity)
    yield from family("nephoscope_gaps", "gauge", "What cannot be seen now.", "area", areas)
    yield from family("nephoscope_log_hours", "gauge", "Hours of logs by what is proven of them.", "state", hours)
    yield from family("nephoscope_lag_seconds", "gauge", "Age of the newest event of a log.", "source", lags)
    yield from family(
        "nephoscope_unreadable", "gauge", "Records and objects that were left out.", "area", _drops(areas)
    )
    yield from single("nephoscope_job_failures", "gauge", "Jobs whose last round failed.", areas.get("job", 0))
    yield from single("nephoscope_feed_changes_total", "counter", "Changes told in the feed.", feed)
    yield from single("nephoscope_feed_length", "gauge", "Changes that the feed keeps.", max(0, feed - first + 1))
    yield from single("nephoscope_outbox_waiting", "gauge", "Changes still to be carried into the lake.", waiting)
    for state in ("waiting", "parked"):
        counts = {name: states.get(state, 0) for name, states in unsent.items()}
        about = f"Deliveries that are {state}."
        yield from family(f"nephoscope_deliveries_{state}", "gauge", about, "exporter", counts)
    yield from single("nephoscope_runs_waiting", "gauge", "Runs that wait for an approval.", runs)
    yield from family("nephoscope_hosts", "gauge", "Hosts with an agent.", "state", hosts)
    yield from family("nephoscope_advisories_age_seconds", "gauge", "Age of a feed of advisories.", "feed", feeds)


def _drops(areas: Mapping[str, int]) -> dict[str, int]:
    return {area: areas.get(area, 0) for area in ("object", "record")}


def family(name: str, kind: str, about: str, label: str, values: Mapping[str, Any]) -> Iterator[str]:
    """A metric with a value for each label."""
    yield f"# HELP {name} {about}\n# TYPE {name} {kind}\n"
    for key, value in sorted(values.items()):
        yield f'{name}{{{label}="{escaped(key)}"}} {value}\n'


def single(name: str, kind: str, about: str, value: float) -> Iterator[str]:
    """A metric with one value."""
    yield f"# HELP {name} {about}\n# TYPE {name} {kind}\n{name} {value}\n"


def escaped(text: str) -> str:
    """A label's value."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
