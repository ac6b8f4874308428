"""The ledger's tables of packages: which there are, where they are, and what is known to be wrong with them."""

from __future__ import annotations

PACKAGES = """
CREATE TABLE packages (id BIGINT PRIMARY KEY, ecosystem TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
    source TEXT NOT NULL, source_version TEXT NOT NULL, module TEXT NOT NULL, is_judged INTEGER NOT NULL);
CREATE INDEX packages_by_name ON packages (name);
CREATE INDEX packages_by_judged ON packages (is_judged);
CREATE TABLE package_sets (digest TEXT PRIMARY KEY, ids TEXT NOT NULL, count BIGINT NOT NULL, made_at BIGINT NOT NULL);
CREATE TABLE looks (key TEXT PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL,
    region TEXT NOT NULL, name TEXT NOT NULL, looked_by TEXT NOT NULL, digest TEXT NOT NULL, looked_at BIGINT NOT NULL,
    cause TEXT NOT NULL, told TEXT NOT NULL);
CREATE INDEX looks_by_digest ON looks (digest);
CREATE TABLE vulnerabilities (package BIGINT NOT NULL, advisory TEXT NOT NULL, feed TEXT NOT NULL,
    aliases TEXT NOT NULL, fixed TEXT NOT NULL, severity TEXT NOT NULL, found_at BIGINT NOT NULL,
    PRIMARY KEY (package, advisory, feed));
CREATE INDEX vulnerabilities_by_advisory ON vulnerabilities (advisory);
CREATE TABLE advisory_feeds (name TEXT PRIMARY KEY, file TEXT NOT NULL, sha256 TEXT NOT NULL,
    advisories BIGINT NOT NULL, newest_at TEXT NOT NULL, imported_at BIGINT NOT NULL, judged TEXT NOT NULL);
"""

# What decides which vulnerability comes first, and what vendors say of their products (VEX).
PRIORITY = """
ALTER TABLE vulnerabilities ADD COLUMN related TEXT NOT NULL DEFAULT '[]';
ALTER TABLE vulnerabilities ADD COLUMN cvss TEXT NOT NULL DEFAULT '';
CREATE TABLE exploitation (cve TEXT PRIMARY KEY, kev TEXT NOT NULL, epss TEXT NOT NULL);
CREATE TABLE surroundings (key TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE vex (key TEXT PRIMARY KEY, document TEXT NOT NULL, vulnerability TEXT NOT NULL, aliases TEXT NOT NULL,
    product TEXT NOT NULL,
    component TEXT NOT NULL, status TEXT NOT NULL, justification TEXT NOT NULL, said TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX vex_by_document ON vex (document);
CREATE TABLE vex_documents (digest TEXT PRIMARY KEY, id TEXT NOT NULL, format TEXT NOT NULL, author TEXT NOT NULL,
    statements BIGINT NOT NULL, imported_by TEXT NOT NULL, imported_at BIGINT NOT NULL, withdrawn_by TEXT NOT NULL,
    withdrawn_at BIGINT);
"""

REMEDIES = """
ALTER TABLE vulnerabilities ADD COLUMN state TEXT NOT NULL DEFAULT '';
CREATE TABLE feed_fetches (name TEXT PRIMARY KEY, tried_at BIGINT NOT NULL, checked_at BIGINT, cause TEXT NOT NULL,
    parts TEXT NOT NULL);
"""
