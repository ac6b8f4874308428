"""The ledger's tables of schedules, of their runs and of the jobs of those."""

from __future__ import annotations

SCHEDULES = """
CREATE TABLE schedules (name TEXT PRIMARY KEY, body TEXT NOT NULL, revision INTEGER NOT NULL, paused_by TEXT NOT NULL,
    seen_at BIGINT NOT NULL, made_by TEXT NOT NULL, made_at BIGINT NOT NULL, changed_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL);
CREATE TABLE schedule_runs (id TEXT PRIMARY KEY, schedule TEXT NOT NULL, kind TEXT NOT NULL, due_at BIGINT NOT NULL,
    cause TEXT NOT NULL, status TEXT NOT NULL, is_ended INTEGER NOT NULL, why TEXT NOT NULL, targets BIGINT,
    chosen TEXT NOT NULL, deadline_at BIGINT, made_at BIGINT NOT NULL, ended_at BIGINT);
CREATE INDEX schedule_runs_by_schedule ON schedule_runs (schedule, due_at);
CREATE INDEX schedule_runs_by_end ON schedule_runs (is_ended);
CREATE TABLE schedule_jobs (id TEXT PRIMARY KEY, run TEXT NOT NULL, schedule TEXT NOT NULL, kind TEXT NOT NULL,
    target TEXT NOT NULL, type TEXT NOT NULL, resource_id TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
    label TEXT NOT NULL, priority INTEGER NOT NULL, not_before BIGINT NOT NULL, status TEXT NOT NULL,
    attempt INTEGER NOT NULL, note TEXT NOT NULL, place TEXT NOT NULL, lease TEXT NOT NULL, lease_until BIGINT,
    started_at BIGINT, ended_at BIGINT);
CREATE INDEX schedule_jobs_by_turn ON schedule_jobs (status, schedule, account, region, label, not_before, priority,
    run);
CREATE INDEX schedule_jobs_by_run ON schedule_jobs (run, status);
"""
