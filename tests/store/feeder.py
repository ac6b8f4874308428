"""Brings numbered objects into a data folder, exactly once each, until all are there; made to be killed.

python feeder.py FOLDER OBJECTS EVENTS
"""

import sys
from pathlib import Path

from tests.store.samples import detection, event_rows

from nephoscope.store.events import insert_events
from nephoscope.store.findings import upsert_findings
from nephoscope.store.lake import open_lake
from nephoscope.store.ledger import open_ledger
from nephoscope.store.outbox import drain_outbox
from nephoscope.store.seen import Batch, ObjectRef, Read, Seen, finish_batch, pending_batches, record_batch
from nephoscope.store.state import get_state, put_state


def feed(folder, objects, events):
    with open_ledger(str(folder / "ledger.sqlite")) as ledger, open_lake(f"chdb://{folder / 'lake'}") as lake:
        with ledger.read() as connection:
            waiting = pending_batches(connection)
        print("ready", flush=True)
        for batch in waiting:
            bring(ledger, lake, batch, events)
        seen = Seen(ledger, "trail")
        for number in range(objects):
            uri = f"s3://trail/{number}"
            if (uri, "v") not in seen:
                batch = Batch("trail", (ObjectRef(uri, "v"),))
                with ledger.write() as connection:
                    record_batch(connection, batch)
                bring(ledger, lake, batch, events)
        drain_outbox(ledger, lake)
    print("done", flush=True)


def bring(ledger, lake, batch, events):
    [each] = batch.objects
    number = int(each.uri.rpartition("/")[2])
    insert_events(lake, event_rows(events, first=number * events), batch.id)
    with ledger.write() as connection:
        upsert_findings(connection, [detection(f"e{number * events}")])
        put_state(connection, "brought", (get_state(connection, "brought") or 0) + 1)
        finish_batch(connection, batch, [Read(each, events)])
    if number % 5 == 0:
        drain_outbox(ledger, lake)


if __name__ == "__main__":
    feed(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
