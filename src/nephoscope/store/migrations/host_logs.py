"""The ledger's queue of log lines that hosts told and that did not enter the lake yet."""

from __future__ import annotations

HOST_LOGS = """
CREATE TABLE host_logs (uri TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, size_bytes BIGINT NOT NULL,
    at BIGINT NOT NULL, body BYTEA NOT NULL);
CREATE INDEX host_logs_by_time ON host_logs (at, uri);
"""
