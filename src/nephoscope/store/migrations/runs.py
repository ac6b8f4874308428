"""Runs of playbooks, what became of them, and the actions taken, by which limits count, what triggers did."""

RUNS = """
CREATE TABLE runs (id TEXT PRIMARY KEY, playbook TEXT NOT NULL, status TEXT NOT NULL, is_ended INTEGER NOT NULL,
    finding TEXT NOT NULL, account TEXT NOT NULL, requested_by TEXT NOT NULL, revision INTEGER NOT NULL,
    made_at BIGINT NOT NULL, changed_at BIGINT NOT NULL, revert_at BIGINT, lease TEXT NOT NULL, lease_until BIGINT,
    body TEXT NOT NULL);
CREATE INDEX runs_by_end ON runs (is_ended, made_at);
CREATE INDEX runs_by_finding ON runs (finding);
CREATE INDEX runs_by_made ON runs (made_at, id);
CREATE TABLE run_history (id TEXT NOT NULL, revision INTEGER NOT NULL, at BIGINT NOT NULL, status TEXT NOT NULL,
    step TEXT NOT NULL, phase TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (id, revision));
CREATE TABLE actions (run TEXT NOT NULL, step TEXT NOT NULL, action TEXT NOT NULL, account TEXT NOT NULL,
    target TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (run, step));
CREATE INDEX actions_by_account ON actions (account, at);
CREATE TABLE firings (trigger_name TEXT NOT NULL, occasion TEXT NOT NULL, number BIGINT NOT NULL, at BIGINT NOT NULL,
    outcome TEXT NOT NULL, run TEXT NOT NULL, PRIMARY KEY (trigger_name, occasion, number));
CREATE INDEX firings_by_time ON firings (trigger_name, at);
"""
