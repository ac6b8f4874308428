"""How many agents one core of the gateway serves: each sends a heartbeat and a difference of its processes a minute.

Batches are made and signed beforehand, and taken by the function that the route calls: signature, gunzip, chain, table,
one transaction on SQLite with its fsync. HTTP itself is not in it.
"""

import base64
import gzip
import hashlib
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import Figure
from nephoscope.fleet.policy import opened_policy_key
from nephoscope.fleet.requests import agent_id, signature_of
from nephoscope.fleet.tables import digest_of
from nephoscope.keep import Stores
from nephoscope.pipeline.fleet import Asked, Fleet
from nephoscope.pipeline.uploads import upload
from nephoscope.store.fleet import Host, put_host
from nephoscope.store.ledger import open_ledger

AGENTS, MINUTES = 1_000, 4
PROCESSES, CHANGED = 120, 4
CLAIMED = 10_000
PATH = "/fleet/v1/upload"
NOW = datetime.now(UTC)


class Quiet:
    def found(self, finding): ...

    def cannot_see(self, gap): ...

    def sees_again(self, gap): ...


def figures():
    with tempfile.TemporaryDirectory() as folder, open_ledger(f"{folder}/ledger.sqlite") as ledger:
        fleet = Fleet(Stores(None, ledger, Quiet()), opened_policy_key(Path(folder) / "key"), clock=lambda: NOW)
        keys = [hashlib.sha256(str(number).encode()).digest() for number in range(AGENTS)]
        with ledger.write() as connection:
            for key in keys:
                put_host(connection, _host(key))
        batches = [list(_batches(key)) for key in keys]
        for first, *_ in batches:
            upload(fleet, first)
        began, cpu = time.perf_counter(), time.process_time()
        for minute in range(1, MINUTES):
            for each in batches:
                assert not upload(fleet, each[minute])["resend"]
        cpu, wall = time.process_time() - cpu, time.perf_counter() - began
    taken = AGENTS * (MINUTES - 1)
    return [
        Figure("batches of a heartbeat and a difference taken, per CPU second", taken / cpu, "/s", CLAIMED / 60, True),
        Figure("… per second of wall time, one at a time", taken / wall, "/s"),
        Figure("… so many agents on one core, one such batch a minute each", taken / cpu * 60, "", CLAIMED, True),
    ]


def _host(key):
    id_ = agent_id(key)
    return Host(id_, id_, base64.b64encode(key).decode(), "enrolled", NOW)


def _batches(key):
    """An agent's batches: its processes whole, then what changed of them."""
    rows, previous, at = [_process(number) for number in range(PROCESSES)], "", int(NOW.timestamp())
    for sequence in range(1, MINUTES + 1):
        table = {"kind": "table", "name": "processes", "at": at, "digest": digest_of(rows)}
        if sequence == 1:
            table["rows"] = rows
        else:
            added = [_process(sequence * 1_000 + number) for number in range(CHANGED)]
            table |= {"base": digest_of(rows), "added": added, "removed": rows[:CHANGED]}
            rows = rows[CHANGED:] + added
            table["digest"] = digest_of(rows)
        header = {"agent": agent_id(key), "boot": "b" * 32, "sequence": sequence, "previous": previous}
        beat = {"kind": "heartbeat", "at": at, "uptime_s": sequence * 60, "resident_kb": 25_000, "cpu_s": 1.5}
        body = gzip.compress("\n".join(map(json.dumps, (header, beat, table))).encode())
        previous, nonce = hashlib.sha256(body).hexdigest(), f"{sequence:032x}"
        signed = f"agent={agent_id(key)}, time={at}, nonce={nonce}"
        signature = signature_of(key, "POST", PATH, body, at, nonce)
        yield Asked("POST", PATH, f"Nephoscope-HMAC {signed}, signature={signature}", body)


def _process(number):
    return {
        "pid": number,
        "name": f"worker-{number}",
        "user": "www-data",
        "command": f"/usr/bin/worker --number {number}",
    }
