"""The ledger's tables of host agents: who may join, which hosts there are, and what each last told."""

from __future__ import annotations

FLEET = """
CREATE TABLE join_tokens (id TEXT PRIMARY KEY, secret_sha256 TEXT NOT NULL, uses BIGINT NOT NULL,
    expires_at BIGINT NOT NULL, tags TEXT NOT NULL, made_by TEXT NOT NULL, made_at BIGINT NOT NULL);
CREATE TABLE hosts (id TEXT PRIMARY KEY, agent TEXT NOT NULL, secret TEXT NOT NULL, state TEXT NOT NULL,
    provider TEXT NOT NULL, instance TEXT NOT NULL, machine TEXT NOT NULL, hostname TEXT NOT NULL, os TEXT NOT NULL,
    account TEXT NOT NULL, region TEXT NOT NULL, image TEXT NOT NULL, tags TEXT NOT NULL, token TEXT NOT NULL,
    cause TEXT NOT NULL, enrolled_at BIGINT NOT NULL, last_seen_at BIGINT, boot TEXT NOT NULL, sequence BIGINT NOT NULL,
    batch_sha256 TEXT NOT NULL, agent_version TEXT NOT NULL, facts TEXT NOT NULL);
CREATE INDEX hosts_by_agent ON hosts (agent);
CREATE INDEX hosts_by_instance ON hosts (instance);
CREATE INDEX hosts_by_machine ON hosts (machine);
CREATE TABLE host_nonces (agent TEXT NOT NULL, nonce TEXT NOT NULL, seen_at BIGINT NOT NULL,
    PRIMARY KEY (agent, nonce));
CREATE INDEX host_nonces_by_time ON host_nonces (seen_at);
CREATE TABLE host_tables (host TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, rows TEXT NOT NULL,
    count BIGINT NOT NULL, at BIGINT NOT NULL, cause TEXT NOT NULL, PRIMARY KEY (host, name));
"""
