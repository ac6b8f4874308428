"""A disk that is full: a clear error, nothing stored before is lost, and the next start goes on."""

import json
import os
import subprocess
import sys

import pytest
from bench.abuse import can_mount, filled

pytestmark = pytest.mark.slow
# A process that may write no file beyond a limit meets what a full disk gives: a write that fails.
SCRIPT = """
import json, resource, signal, sys
from pathlib import Path
from bench.kills import _Arrows, _drop, _prepare, _stores
from nephoscope.model.errors import NephoscopeError

folder, first, count, limit = Path(sys.argv[1]), *map(int, sys.argv[2:])
if not (folder / "logs").exists():
    _prepare(folder)
for number in range(first, first + count):
    _drop(folder, number)
said = ""
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    lake, ledger = _stores(folder)
    with lake as lake, ledger as ledger:
        arrows = _Arrows(folder, lake, ledger)
        arrows.logs.collect()
        events = lake.rows("SELECT count() AS n, uniqExact(`metadata.uid`) AS u FROM events SETTINGS final = 0")[0]
        print(json.dumps({"events": events, "said": said}))
except NephoscopeError as error:
    print(json.dumps({"said": str(error), "kind": type(error).__name__}))
"""


def collected(folder, first, count, limit=0):
    """What a process that collects what is new has to say. limit: the most bytes of a file that it may write."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SCRIPT, str(folder), str(first), str(count), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_full_disk_is_said_plainly_and_the_next_start_has_everything_once(tmp_path):
    before = collected(tmp_path, 0, 20)
    full = collected(tmp_path, 20, 200, limit=20_000)
    after = collected(tmp_path, 220, 5)

    assert before["events"] == {"n": 400, "u": 400}
    assert full["kind"] == "StoreError"
    assert str(tmp_path) in full["said"]
    assert after["events"] == {"n": 4500, "u": 4500}


@pytest.mark.skipif(not can_mount(), reason="mounting a small disk takes root")
def test_a_disk_that_is_really_full_is_a_gap_and_the_same_process_goes_on_once_there_is_room():
    assert [each.what for each in filled("both stores") if each.verdict == "MISSED"] == []
