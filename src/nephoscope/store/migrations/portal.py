"""The portal's tables, and what its lists need of the others: indexes, and who has acknowledged a finding."""

from __future__ import annotations

PORTAL = """
CREATE TABLE portal_users (id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, roles TEXT NOT NULL,
    accounts TEXT NOT NULL, password TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL,
    is_disabled INTEGER NOT NULL, created_at BIGINT NOT NULL, last_seen_at BIGINT, preferences TEXT NOT NULL,
    version INTEGER NOT NULL);
CREATE INDEX portal_users_by_subject ON portal_users (issuer, subject);
CREATE TABLE portal_passkeys (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, public_key TEXT NOT NULL,
    sign_count BIGINT NOT NULL, label TEXT NOT NULL, created_at BIGINT NOT NULL, last_used_at BIGINT);
CREATE INDEX portal_passkeys_by_user ON portal_passkeys (user_id);
CREATE TABLE portal_recovery_codes (hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, used_at BIGINT);
CREATE TABLE portal_sessions (hash TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL, way TEXT NOT NULL,
    ip TEXT NOT NULL, user_agent TEXT NOT NULL, created_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL,
    proven_at BIGINT, expires_at BIGINT NOT NULL, version INTEGER NOT NULL);
CREATE INDEX portal_sessions_by_user ON portal_sessions (user_id);
CREATE TABLE portal_tokens (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL, label TEXT NOT NULL,
    scopes TEXT NOT NULL, hint TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
    last_used_at BIGINT, revoked_at BIGINT, version INTEGER NOT NULL);
CREATE INDEX portal_tokens_by_user ON portal_tokens (user_id);
CREATE TABLE portal_links (hash TEXT PRIMARY KEY, purpose TEXT NOT NULL, user_id TEXT NOT NULL,
    made_at BIGINT NOT NULL, expires_at BIGINT NOT NULL);
CREATE TABLE portal_challenges (id TEXT PRIMARY KEY, purpose TEXT NOT NULL, user_id TEXT NOT NULL, body TEXT NOT NULL,
    expires_at BIGINT NOT NULL);
CREATE TABLE portal_attempts (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, last_at BIGINT NOT NULL);
CREATE TABLE portal_audit (number BIGINT PRIMARY KEY, at BIGINT NOT NULL, user_id TEXT NOT NULL,
    user_name TEXT NOT NULL, way TEXT NOT NULL, ip TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,
    outcome TEXT NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE portal_views (id TEXT PRIMARY KEY, owner_id TEXT NOT NULL, owner TEXT NOT NULL, page TEXT NOT NULL,
    name TEXT NOT NULL, q TEXT NOT NULL, sort TEXT NOT NULL, columns_ TEXT NOT NULL, body TEXT NOT NULL,
    is_shared INTEGER NOT NULL, is_default INTEGER NOT NULL, created_at BIGINT NOT NULL, version INTEGER NOT NULL);
CREATE INDEX portal_views_by_owner ON portal_views (owner_id, page);
CREATE TABLE portal_idempotency (key TEXT PRIMARY KEY, digest TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, made_at BIGINT NOT NULL);
CREATE INDEX portal_idempotency_by_age ON portal_idempotency (made_at);
CREATE TABLE finding_notes (id TEXT PRIMARY KEY, finding TEXT NOT NULL, kind TEXT NOT NULL, by_name TEXT NOT NULL,
    made_at BIGINT NOT NULL, text TEXT NOT NULL);
CREATE INDEX finding_notes_by_finding ON finding_notes (finding, made_at);
ALTER TABLE findings ADD COLUMN acknowledged_by TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN acknowledged_at BIGINT;
CREATE INDEX findings_by_facet ON findings (status, severity, kind, account, region, resource_type, rule,
    acknowledged_by, severity_rank, first_seen_at, last_seen_at, uid);
CREATE INDEX findings_by_gravity ON findings (severity_rank, last_seen_at, uid);
CREATE INDEX findings_by_status_gravity ON findings (status, severity_rank, last_seen_at, uid);
CREATE INDEX findings_by_account_gravity ON findings (account, status, severity_rank, last_seen_at, uid);
CREATE INDEX findings_by_resource ON findings (resource_id, account);
CREATE INDEX finding_history_by_time ON finding_history (changed_at);
"""
