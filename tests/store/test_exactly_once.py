"""The promise of `store/__init__`: a kill at any moment neither loses nor doubles anything."""

import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nephoscope.store.finding_list import FindingFilter, count_findings
from nephoscope.store.ledger import open_ledger
from nephoscope.store.outbox import waiting_changes
from nephoscope.store.seen import count_seen, pending_batches
from nephoscope.store.state import get_state

OBJECTS, EVENTS, KILLS = 40, 40, 8
FEEDER = "import sys; from pathlib import Path; from tests.store.feeder import feed; "
COUNT = """
from nephoscope.store.lake import open_lake
with open_lake(sys.argv[1]) as lake:
    for table in ("events", "finding_changes"):
        print(lake.rows(f"SELECT count() AS n FROM {table} SETTINGS final = 0")[0]["n"])
        print(lake.rows(f"SELECT count() AS n FROM {table}")[0]["n"])
    print(lake.rows("SELECT uniqExact(`metadata.uid`) AS n FROM events")[0]["n"])
"""


def _python(script, *arguments):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def _feeder(folder):
    return _python(FEEDER + f"feed(Path(sys.argv[1]), {OBJECTS}, {EVENTS})", str(folder))


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_by_kills_at_random_moments(tmp_path):
    moments = random.Random(20260501)
    for _ in range(KILLS):
        process = _feeder(tmp_path)
        if moments.random() < 0.7:
            assert select.select([process.stdout], [], [], 60)[0]
        time.sleep(moments.uniform(0, 0.35))
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        process.stdout.close()
    last = _feeder(tmp_path)
    out, _ = last.communicate(timeout=120)
    assert out.split() == ["ready", "done"]

    with open_ledger(str(tmp_path / "ledger.sqlite")) as ledger, ledger.read() as connection:
        assert pending_batches(connection) == []
        assert waiting_changes(connection) == 0
        assert count_seen(connection, "trail") == (OBJECTS, OBJECTS * EVENTS, 0)
        assert count_findings(connection, FindingFilter()) == OBJECTS
        assert get_state(connection, "brought") == OBJECTS
    counted, _ = _python("import sys" + COUNT, f"chdb://{Path(tmp_path) / 'lake'}").communicate(timeout=60)
    raw_events, events, raw_changes, changes, uids = map(int, counted.split())
    assert raw_events == events == uids == OBJECTS * EVENTS
    assert changes == OBJECTS
    assert raw_changes >= changes
