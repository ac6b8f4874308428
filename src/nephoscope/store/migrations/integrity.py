"""The ledger's tables of files on hosts: what changed in them, which baselines hold, which changes were approved."""

from __future__ import annotations

INTEGRITY = """
CREATE TABLE host_changes (key TEXT PRIMARY KEY, host TEXT NOT NULL, path TEXT NOT NULL, watched TEXT NOT NULL,
    class TEXT NOT NULL, severity TEXT NOT NULL, explanation TEXT NOT NULL, trust TEXT NOT NULL, package TEXT NOT NULL,
    change TEXT NOT NULL, sha256 TEXT NOT NULL, is_explained INTEGER NOT NULL, first_at BIGINT NOT NULL,
    at BIGINT NOT NULL, ended_at BIGINT);
CREATE INDEX host_changes_by_host ON host_changes (host, ended_at);
CREATE INDEX host_changes_by_change ON host_changes (change);
CREATE TABLE host_baselines (key TEXT PRIMARY KEY, host TEXT NOT NULL, path TEXT NOT NULL, root TEXT NOT NULL,
    sha256 TEXT NOT NULL, told_sha256 TEXT NOT NULL, entries BIGINT NOT NULL, unseen BIGINT NOT NULL,
    explained BIGINT NOT NULL, unexplained BIGINT NOT NULL, adopted_at BIGINT NOT NULL, looked_at BIGINT NOT NULL,
    oldest_hash_at BIGINT);
CREATE INDEX host_baselines_by_host ON host_baselines (host);
CREATE TABLE change_approvals (change TEXT PRIMARY KEY, path TEXT NOT NULL, why TEXT NOT NULL, by_whom TEXT NOT NULL,
    at BIGINT NOT NULL);
"""
