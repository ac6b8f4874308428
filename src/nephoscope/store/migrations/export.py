"""The ledger's tables of exports, as its migrations make them."""

from __future__ import annotations

DELIVERIES = """
CREATE TABLE deliveries (id TEXT PRIMARY KEY, exporter TEXT NOT NULL, route TEXT NOT NULL, what TEXT NOT NULL,
    subject TEXT NOT NULL, title TEXT NOT NULL, revision BIGINT NOT NULL, number BIGINT NOT NULL, state TEXT NOT NULL,
    body TEXT NOT NULL, tries INTEGER NOT NULL, made_at BIGINT NOT NULL, due_at BIGINT NOT NULL,
    claimed_by TEXT NOT NULL, claimed_until BIGINT, ended_at BIGINT, error TEXT NOT NULL);
CREATE INDEX deliveries_by_due ON deliveries (exporter, state, due_at);
CREATE INDEX deliveries_by_subject ON deliveries (exporter, subject, number);
CREATE INDEX deliveries_by_end ON deliveries (ended_at);
CREATE TABLE acknowledgements (subject TEXT PRIMARY KEY, acknowledged_by TEXT NOT NULL, at BIGINT NOT NULL);
"""
