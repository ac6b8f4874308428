"""The ledger's tables of evidence: cases, captures, sealed manifests, public keys and who held what."""

from __future__ import annotations

EVIDENCE = """
CREATE TABLE evidence_cases (run TEXT PRIMARY KEY, name TEXT NOT NULL, finding TEXT NOT NULL, place TEXT NOT NULL,
    made_at BIGINT NOT NULL, sealed_at BIGINT);
CREATE INDEX evidence_cases_by_time ON evidence_cases (made_at, run);
CREATE TABLE evidence_captures (key TEXT PRIMARY KEY, run TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL, media_type TEXT NOT NULL, source TEXT NOT NULL, captured_at BIGINT NOT NULL);
CREATE INDEX evidence_captures_by_run ON evidence_captures (run);
CREATE TABLE evidence_manifests (number BIGINT PRIMARY KEY, run TEXT NOT NULL, sha256 TEXT NOT NULL,
    previous TEXT NOT NULL, key_id TEXT NOT NULL, made_at BIGINT NOT NULL, envelope TEXT NOT NULL);
CREATE INDEX evidence_manifests_by_run ON evidence_manifests (run);
CREATE TABLE evidence_keys (id TEXT PRIMARY KEY, pem TEXT NOT NULL, made_at BIGINT NOT NULL);
CREATE TABLE custody (run TEXT NOT NULL, number BIGINT NOT NULL, at BIGINT NOT NULL, who TEXT NOT NULL,
    what TEXT NOT NULL, detail TEXT NOT NULL, previous TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (run, number));
"""
