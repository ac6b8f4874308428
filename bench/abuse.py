"""Bad circumstances at full size: a million tiny log files, and a disk that is really full.

The files lie in one folder, an event each. The disk is a tmpfs of its own, mounted for the time of the measurement
(which takes root): lake and ledger are on it, something else fills it up while log files keep coming, and then makes
room. What is said, kept and lost is counted in one process that goes on, and in the next start.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.figure import Figure, environment, nephoscope, run

FILES = 1_000_000
FEWER = 100_000
STOPS_EACH = 1_000
START = datetime(2026, 1, 1, tzinfo=UTC)
DISK_MB = 96
BEFORE, WHILE_FULL, AFTER = 20, 200, 5
WITHIN_S = 1_800


def figures():
    """Both, and what they took."""
    return [*_million(), *full_disk()]


def _million():
    fewer, many = (_detected(count) for count in (FEWER, FILES))
    return [
        Figure("a million files of one event through detect: wall", many[0].wall_s, "s"),
        Figure("… CPU", many[0].cpu_s, "s"),
        Figure("… CPU of each file, against that of 100,000", _each(many) / _each(fewer), "times", 1.3),
        Figure("… peak memory", many[0].peak_mb, "MB", 500),
        Figure("… of 100,000 files: peak memory", fewer[0].peak_mb, "MB"),
        Figure("… findings that are missing or too many", abs(many[1] - FILES // STOPS_EACH), "findings", 0),
    ]


def _each(measured):
    return measured[0].cpu_s / measured[2]


def _detected(count):
    """What `detect` took, its findings, and how many files there were."""
    with tempfile.TemporaryDirectory(prefix="nephoscope-abuse-", dir=_memory()) as folder:
        for number in range(count):
            (Path(folder) / f"{number:08}.json").write_text(_record(number))
        with tempfile.TemporaryFile() as out:
            took = run(nephoscope("detect", folder, "--format", "jsonl"), WITHIN_S, stdout=out)
            out.seek(0)
            return took, sum(1 for _ in out), count


def _memory():
    """Where a million files cost no disk."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _record(number):
    stops = number % STOPS_EACH == 0
    record = {
        "eventVersion": "1.09",
        "eventID": f"{number:08}",
        "eventTime": (START + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "cloudtrail.amazonaws.com" if stops else "ec2.amazonaws.com",
        "eventName": "StopLogging" if stops else "DescribeInstances",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "recipientAccountId": "111122223333",
        "readOnly": not stops,
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::111122223333:user/u{number % 7}"},
    }
    return f'{{"Records":[{json.dumps(record)}]}}'


def full_disk():
    """Fill a disk under the stores, and say what came of it; nothing where no disk can be mounted."""
    if not can_mount():
        print("a full disk is not measured: mounting one takes root", file=sys.stderr)
        return []
    return [*filled("both stores"), *filled("the lake")]


def filled(what):
    """The disk under both stores, or under the lake alone, while the ledger has room."""
    with _mounted(DISK_MB) as disk, tempfile.TemporaryDirectory(prefix="nephoscope-room-") as room:
        ledger = disk if what == "both stores" else Path(room)
        first, second = (_told(part, disk, ledger) for part in ("fill", "again"))
    return [
        Figure(f"a full disk under {what}: rounds that failed", first["rounds"], "rounds"),
        Figure("… of them that said why, plainly", first["plain"], "rounds", first["rounds"], at_least=True),
        Figure("… gaps told while it was full", first["gaps"], "gaps", 1, at_least=True),
        Figure("… gaps that stayed open once there was room", first["open"], "gaps", 0),
        Figure("… until all was read once there was room", first["mended_s"], "s"),
        Figure("… events lost or doubled in the same process", first["wrong"], "events", 0),
        Figure("… events lost or doubled after the next start", second["wrong"], "events", 0),
    ]


def can_mount():
    """Whether this process may mount a disk."""
    try:
        with _mounted(1):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def _mounted(megabytes):
    """A small disk of its own."""
    with tempfile.TemporaryDirectory(prefix="nephoscope-disk-") as folder:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], check=True, capture_output=True
        )
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def _told(part, disk, ledger):
    command = [sys.executable, "-m", "bench.abuse", part, str(disk), str(ledger)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment())
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


class _Heard:
    """A listener that keeps what it was told."""

    def __init__(self):
        self.said, self.open = [], {}

    def found(self, finding): ...

    def cannot_see(self, gap):
        self.said.append(gap.cause)
        self.open[gap.key] = gap

    def sees_again(self, gap):
        self.open.pop(gap.key, None)


def _logs(disk, ledger_folder, logs):
    """The arrow of logs over stores on the disk, and who hears of it; the log files lie elsewhere."""
    from tests.flows.folder_source import FolderTrail

    from nephoscope.clouds import Clouds
    from nephoscope.detect.loading import load_rules
    from nephoscope.keep import Stores
    from nephoscope.pipeline import Logs
    from nephoscope.store.lake import open_lake
    from nephoscope.store.ledger import open_ledger

    lake, ledger = open_lake(f"chdb://{disk / 'lake'}"), open_ledger(str(ledger_folder / "ledger.sqlite"))
    heard = _Heard()
    return Logs("trail", FolderTrail(bucket=str(logs)), Clouds(), Stores(lake, ledger, heard), load_rules()), heard


def _fill(disk, ledger):
    """Read; fill the disk; go on trying as a job does; make room; go on in the same process."""
    from bench.kills import _drop, _prepare
    from nephoscope.jobs import Job, Jobs
    from nephoscope.pipeline.faring import Faring

    with tempfile.TemporaryDirectory() as elsewhere:
        _prepare(Path(elsewhere))
        for number in range(BEFORE):
            _drop(Path(elsewhere), number)
        arrow, heard = _logs(disk, ledger, Path(elsewhere) / "logs")
        stores = arrow.stores
        arrow.collect()

        ballast = _ballast(disk)
        for number in range(BEFORE, BEFORE + WHILE_FULL):
            _drop(Path(elsewhere), number)
        faring = Faring(stores)
        jobs = Jobs([Job("collect trail", arrow.collect, 0.2)], faring.failed, faring.recovered)
        jobs.start()
        _until(lambda: len(heard.said) >= 4, 60)
        full = list(heard.said)
        ballast.unlink()
        for number in range(BEFORE + WHILE_FULL, BEFORE + WHILE_FULL + AFTER):
            _drop(Path(elsewhere), number)
        began = time.monotonic()
        _until(lambda: arrow.objects >= BEFORE + WHILE_FULL + AFTER and not heard.open, 120)
        mended_s = time.monotonic() - began
        jobs.stop()
        answer = {
            "rounds": len(full),
            "plain": sum("disk is full" in said for said in full),
            "gaps": len(set(full)),
            "said": full,
            "open": len(heard.open),
            "mended_s": mended_s,
            "wrong": _wrong(stores.lake),
        }
        stores.ledger.close()
        stores.lake.close()
        return answer


def _again(disk, ledger):
    with tempfile.TemporaryDirectory() as empty:
        arrow, _ = _logs(disk, ledger, empty)
        arrow.collect()
        return {"wrong": _wrong(arrow.stores.lake)}


def _ballast(disk):
    """A file that leaves no byte on the disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 65_536):
                pass
        except OSError:
            return ballast
    return ballast


def _until(happened, within_s):
    end = time.monotonic() + within_s
    while not happened() and time.monotonic() < end:
        time.sleep(0.05)


def _wrong(lake):
    """How many events are lost or doubled."""
    from bench.kills import EVENTS

    due = (BEFORE + WHILE_FULL + AFTER) * EVENTS
    [found] = lake.rows("SELECT count() AS n, uniqExact(`metadata.uid`) AS u FROM events SETTINGS final = 0")
    return abs(due - found["u"]) + found["n"] - found["u"]


if __name__ == "__main__":
    print(json.dumps({"fill": _fill, "again": _again}[sys.argv[1]](*map(Path, sys.argv[2:]))))
