"""The ledger's tables, as numbered migrations that only ever add; the same statements on SQLite and PostgreSQL.

Times are whole microseconds since 1970 (BIGINT), JSON is TEXT, long keys are hashed: an index entry of PostgreSQL
holds 2,700 bytes, an object's name from outside may hold more.
"""

from __future__ import annotations

from nephoscope.store.migrations.disk_scans import DISK_SCANS
from nephoscope.store.migrations.evidence import EVIDENCE
from nephoscope.store.migrations.export import DELIVERIES
from nephoscope.store.migrations.fleet import FLEET
from nephoscope.store.migrations.host_logs import HOST_LOGS
from nephoscope.store.migrations.integrity import INTEGRITY
from nephoscope.store.migrations.packages import PACKAGES, PRIORITY, REMEDIES
from nephoscope.store.migrations.portal import PORTAL
from nephoscope.store.migrations.runs import RUNS
from nephoscope.store.migrations.schedules import SCHEDULES

FIRST = """
CREATE TABLE batches (id TEXT PRIMARY KEY, source TEXT NOT NULL, state TEXT NOT NULL, objects TEXT NOT NULL,
    recorded_at BIGINT NOT NULL, done_at BIGINT);
CREATE INDEX batches_by_state ON batches (state, recorded_at);
CREATE TABLE seen (key TEXT PRIMARY KEY, folder TEXT NOT NULL, source TEXT NOT NULL, uri TEXT NOT NULL,
    version TEXT NOT NULL, sha256 TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, hour_at BIGINT,
    delivered_at BIGINT, records BIGINT NOT NULL, unreadable BIGINT NOT NULL,
    batch TEXT NOT NULL, seen_at BIGINT NOT NULL);
CREATE INDEX seen_by_hour ON seen (source, account, region, hour_at);
CREATE INDEX seen_by_folder ON seen (folder);
CREATE TABLE hours (source TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, start_at BIGINT NOT NULL,
    state TEXT NOT NULL, reasons TEXT NOT NULL, changed_at BIGINT NOT NULL,
    PRIMARY KEY (source, account, region, start_at));
CREATE INDEX hours_by_state ON hours (state, start_at);
CREATE TABLE hour_changes (source TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, start_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL, previous TEXT NOT NULL, state TEXT NOT NULL, reasons TEXT NOT NULL,
    PRIMARY KEY (source, account, region, start_at, changed_at));
CREATE TABLE chain_heads (source TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, trail TEXT NOT NULL,
    head TEXT NOT NULL, updated_at BIGINT NOT NULL, PRIMARY KEY (source, account, region, trail));
CREATE TABLE gaps (key TEXT PRIMARY KEY, area TEXT NOT NULL, subject TEXT NOT NULL, account TEXT NOT NULL,
    region TEXT NOT NULL, cause TEXT NOT NULL, permission TEXT NOT NULL, since BIGINT NOT NULL, last_at BIGINT NOT NULL,
    times BIGINT NOT NULL, closed_at BIGINT);
CREATE INDEX gaps_by_closed ON gaps (closed_at, area);
CREATE TABLE findings (uid TEXT PRIMARY KEY, kind TEXT NOT NULL, rule TEXT NOT NULL, title TEXT NOT NULL,
    severity TEXT NOT NULL, severity_rank INTEGER NOT NULL, status TEXT NOT NULL, revision INTEGER NOT NULL,
    first_seen_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL, occurrences BIGINT NOT NULL, reason TEXT NOT NULL,
    account TEXT NOT NULL, region TEXT NOT NULL, resource_type TEXT NOT NULL, resource_id TEXT NOT NULL,
    actor TEXT NOT NULL, body TEXT NOT NULL, change TEXT NOT NULL, waiver TEXT NOT NULL, resolved_at BIGINT,
    resolved_why TEXT NOT NULL, search TEXT NOT NULL);
CREATE INDEX findings_by_status ON findings (status, last_seen_at, uid);
CREATE INDEX findings_by_seen ON findings (last_seen_at, uid);
CREATE INDEX findings_by_rule ON findings (rule, status);
CREATE INDEX findings_by_account ON findings (account, status);
CREATE TABLE finding_history (uid TEXT NOT NULL, revision INTEGER NOT NULL, changed_at BIGINT NOT NULL,
    previous TEXT NOT NULL, status TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (uid, revision));
CREATE TABLE outbox (sink TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
    changes INTEGER NOT NULL, made_at BIGINT NOT NULL, PRIMARY KEY (sink, key));
CREATE TABLE verdicts (item TEXT NOT NULL, check_id TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL,
    changed_at BIGINT NOT NULL, failing_since BIGINT, PRIMARY KEY (item, check_id));
CREATE INDEX verdicts_by_check ON verdicts (check_id, verdict);
CREATE TABLE assessed (item TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, type TEXT NOT NULL,
    id TEXT NOT NULL, digest TEXT NOT NULL, assessed_at BIGINT NOT NULL);
CREATE TABLE waivers (uid TEXT PRIMARY KEY, scope TEXT NOT NULL, reason TEXT NOT NULL, owner TEXT NOT NULL,
    requested_by TEXT NOT NULL, requested_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, approved_by TEXT NOT NULL,
    approved_at BIGINT, revoked_by TEXT NOT NULL, revoked_at BIGINT);
CREATE TABLE state (name TEXT PRIMARY KEY, body TEXT NOT NULL, updated_at BIGINT NOT NULL);
"""

ATTEMPTS = """
ALTER TABLE batches ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0;
"""

FEED = """
CREATE TABLE feed (number BIGINT PRIMARY KEY, topic TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
    made_at BIGINT NOT NULL);
CREATE INDEX feed_by_topic ON feed (topic, number);
"""

MIGRATIONS: tuple[tuple[int, str, str], ...] = (
    (1, "first", FIRST),
    (2, "attempts", ATTEMPTS),
    (3, "feed", FEED),
    (4, "runs", RUNS),
    (5, "deliveries", DELIVERIES),
    (6, "portal", PORTAL),
    (7, "evidence", EVIDENCE),
    (21, "packages", PACKAGES),
    (22, "fleet", FLEET),
    (23, "schedules", SCHEDULES),
    (24, "priority", PRIORITY),
    (25, "remedies", REMEDIES),
    (26, "disk_scans", DISK_SCANS),
    (27, "host logs", HOST_LOGS),
    (28, "integrity", INTEGRITY),
)
