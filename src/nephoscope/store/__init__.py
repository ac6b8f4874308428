"""Where facts and decisions are kept: the only SQL.

The lake (`lake.py`; chDB or ClickHouse) holds facts: events, item revisions, changes of findings and verdicts. The
ledger (`ledger.py`; SQLite or PostgreSQL) holds decisions: what was read, what could not be, findings' state, waivers.

Each event exactly once, through a kill at any moment, in three steps that may be repeated:

1. `seen.record_batch` writes the batch, its list of objects and its id into the ledger.
2. `events.insert_events` puts the batch into the lake with that id as deduplication token.
3. One ledger transaction writes what follows from it (findings, seen objects, hours, gaps, correlation state) and
   `seen.finish_batch`.

After a crash `seen.pending_batches` gives the batches that were recorded and not finished: steps 2 and 3 are done
again with the same id and the same list. The token makes a second insert nothing; even past the token's window the
events' own key (account, time, event id) collapses them. Changes of findings reach the lake through `outbox.py`,
keyed by finding and revision.
"""
