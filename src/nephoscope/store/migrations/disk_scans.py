"""The ledger's table of scans of disks that have begun and are not cleaned up."""

from __future__ import annotations

DISK_SCANS = """
CREATE TABLE disk_scans (token TEXT PRIMARY KEY, target TEXT NOT NULL UNIQUE, type TEXT NOT NULL, id TEXT NOT NULL,
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, is_kept INTEGER NOT NULL,
    is_granted INTEGER NOT NULL, made_at BIGINT NOT NULL, holder TEXT NOT NULL, held_until BIGINT NOT NULL);
"""
