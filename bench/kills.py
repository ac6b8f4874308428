"""Exactly once: the arrows of logs and of items, killed with SIGKILL at random moments 200 times.

Log files keep coming and an account keeps changing while the arrows run; each process is killed at a random moment,
mostly just after something was kept and before what follows from it was, and another goes on. At the end every event
is in the lake once, findings have the right counts, and every state that a full pass saw has its one revision.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Figure, environment

KILLS = 200
EVENTS = 20
STOPS_EACH = 4
ACTORS = 7
BUCKETS = 6
STOPPED = "CloudTrail logging stopped"
ACCOUNT = "111122223333"
STEPS = 30
STEP_S = 0.01
LONGEST_S = 0.02


def figures():
    """Kill the arrows, and say what was lost and what was doubled."""
    with tempfile.TemporaryDirectory(prefix="nephoscope-kills-") as folder:
        found = trial(Path(folder), KILLS, seed=20261121)
    return [
        Figure("kill -9 of the arrows at random moments", found["kills"], "kills", KILLS, at_least=True),
        Figure("events lost", found["events_due"] - found["events_once"], "events", 0),
        Figure("events doubled", found["events_kept"] - found["events_once"], "events", 0),
        Figure("events in the lake", found["events_kept"], "events"),
        Figure("findings' counts that are wrong", found["counts_wrong"], "findings", 0),
        Figure("revisions lost or doubled", found["revisions_wrong"], "revisions", 0),
        Figure("revisions in the lake", found["revisions_kept"], "revisions"),
        Figure("findings whose state is wrong", found["states_wrong"], "findings", 0),
        Figure("revisions of findings lost", found["changes_lost"], "revisions", 0),
        Figure("full passes between kills", found["passes"], "passes"),
    ]


def trial(folder, kills, seed, within_s=3600):
    """Kill and go on so many times in a folder of its own; returns what was counted at the end.

    Raises RuntimeError with its last words where it does not end well in time.
    """
    command = [sys.executable, "-m", "bench.kills", str(folder), str(kills), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=within_s, env=environment())
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _nurse(folder, kills, moments):
    """Fork, feed and kill; a fork spares much importing, and no engine is loaded in this process."""
    _prepare(folder)
    files = killed = 0
    while killed < kills:
        child, ready = _forked(lambda pipe: _work(folder, pipe))
        for _ in range(moments.randrange(STEPS)):
            files += _drop(folder, files)
            ready.readline()
        time.sleep(moments.uniform(0, LONGEST_S))
        os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        ready.close()
        if code != -signal.SIGKILL:
            raise SystemExit(f"a process ended with {code} before it was killed")
        killed += 1
    child, answer = _forked(lambda pipe: pipe.write(_settle(folder, files)))
    counted = answer.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise SystemExit(f"the last process ended with {code}")
    print(json.dumps({"kills": killed, **json.loads(counted)}))


def _forked(work):
    """A child that does some work and writes to the pipe it is given; returns its id and the pipe's other end."""
    inward, outward = os.pipe()
    child = os.fork()
    if child:
        os.close(outward)
        return child, os.fdopen(inward)
    code = 1
    try:
        os.close(inward)
        with os.fdopen(outward, "w") as pipe:
            work(pipe)
        code = 0
    except BaseException:  # noqa: BLE001 - a forked child goes no further up
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _prepare(folder):

    from nephoscope.assess.assessor import builtin_checks
    from nephoscope.detect.loading import load_rules
    from nephoscope.inventory.engine import readers

    load_rules()
    builtin_checks()
    readers()
    for name in ("logs", "making"):
        (folder / name).mkdir(parents=True)
    (folder / "world.json").write_text(json.dumps({"version": 1}))


def _drop(folder, number):
    """Deliver one more log file, whole or not at all."""
    records = [_record(number, each) for each in range(EVENTS)]
    name = f"{number:06}.json.gz"
    (folder / "making" / name).write_bytes(gzip.compress(json.dumps({"Records": records}).encode(), 1))
    (folder / "making" / name).rename(folder / "logs" / name)
    return 1


def _record(file, index):
    stops = index == 0 and file % STOPS_EACH == 0
    return {
        "eventVersion": "1.09",
        "eventID": f"{file:06}-{index:04}",
        "eventTime": f"2026-01-02T{file // 3600 % 24:02}:{file // 60 % 60:02}:{file % 60:02}Z",
        "eventSource": "cloudtrail.amazonaws.com" if stops else "ec2.amazonaws.com",
        "eventName": "StopLogging" if stops else "DescribeInstances",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "recipientAccountId": ACCOUNT,
        "readOnly": not stops,
        "requestParameters": {"name": "trail"} if stops else None,
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/user-{file // STOPS_EACH % ACTORS}",
            "accountId": ACCOUNT,
        },
    }


def _exists(bucket, version):
    return (bucket + version) % 5 != 0


def _is_blocked(bucket, version):
    return (bucket * 7 + version) % 3 != 0


def _version(folder):
    return json.loads((folder / "world.json").read_text())["version"]


def _shelf(folder):
    """A reader of buckets that are as the world's version says."""
    from nephoscope.inventory.resource import Draft, Reader

    class Shelf(Reader):
        type = "AWS::S3::Bucket"
        permissions = ("s3:ListAllMyBuckets",)

        def find(self, view):
            version = _version(folder)
            yield from ((number, version) for number in range(BUCKETS) if _exists(number, version))

        def get(self, view, id):
            raise NotImplementedError

        def draft(self, view, found):
            number, version = found
            names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
            block = dict.fromkeys(names, _is_blocked(number, version))
            tags = [{"Key": "version", "Value": str(version)}]
            name = f"bucket-{number}"
            return Draft({"BucketName": name, "Tags": tags, "PublicAccessBlockConfiguration": block})

        def id(self, configuration):
            return configuration["BucketName"]

    return Shelf()


class _Silent:
    """A listener that nobody listens to."""

    def found(self, finding): ...
    def cannot_see(self, gap): ...
    def sees_again(self, gap): ...


@dataclass
class _Arrows:
    """Both arrows over a folder's stores."""

    folder: Path
    lake: object
    ledger: object

    def __post_init__(self):
        from tests.flows.folder_source import FolderTrail

        from nephoscope.assess.assessor import Assessor
        from nephoscope.clouds import Clouds
        from nephoscope.detect.loading import load_rules
        from nephoscope.inventory.engine import Plan
        from nephoscope.keep import Stores
        from nephoscope.pipeline import Items, Logs

        stores = Stores(self.lake, self.ledger, _Silent())
        source = FolderTrail(bucket=str(self.folder / "logs"))
        self.logs = Logs("trail", source, Clouds(), stores, load_rules())
        plan = Plan((_shelf(self.folder),), {ACCOUNT: ("us-east-1",)}, workers=1)
        self.items = Items(None, plan, stores, Assessor())

    def take(self):
        """A full pass; then the world goes on."""
        self.items.take()
        ahead = self.folder / "world.json.next"
        ahead.write_text(json.dumps({"version": _version(self.folder) + 1}))
        ahead.rename(self.folder / "world.json")
        return False


def _stores(folder):
    from nephoscope.store.lake import open_lake
    from nephoscope.store.ledger import open_ledger

    return open_lake(f"chdb://{folder / 'lake'}"), open_ledger(str(folder / "ledger.sqlite"))


def _work(folder, pipe):
    """Run both arrows side by side until killed; a round that fails ends the process, since none may."""
    from nephoscope.jobs import Job, Jobs

    opened_lake, opened_ledger = _stores(folder)
    with opened_lake as lake, opened_ledger as ledger:
        print("ready", file=pipe, flush=True)
        arrows = _Arrows(folder, _Steps(lake, pipe), _Steps(ledger, pipe))
        jobs = Jobs([Job("collect", arrows.logs.collect, 0.02), Job("items", arrows.take, 0.02)], _fail, lambda _: None)
        jobs.start()
        time.sleep(600)


@dataclass
class _Steps:
    """A store that says when it has kept something, and lets a moment pass in which to be killed."""

    store: object
    pipe: object

    def __getattr__(self, name):
        return getattr(self.store, name)

    def insert(self, *given):
        self.store.insert(*given)
        self.say()

    @contextmanager
    def write(self):
        with self.store.write() as connection:
            yield connection
        self.say()

    def say(self):
        print("step", file=self.pipe, flush=True)
        time.sleep(STEP_S)


def _fail(gap):
    print(gap, file=sys.stderr, flush=True)
    os._exit(3)


def _settle(folder, files):
    """Finish what is unfinished, then count."""
    from nephoscope.store.outbox import waiting_changes
    from nephoscope.store.seen import pending_batches

    opened_lake, opened_ledger = _stores(folder)
    with opened_lake as lake, opened_ledger as ledger:
        arrows = _Arrows(folder, lake, ledger)
        arrows.logs.collect()
        arrows.items.take()
        with ledger.read() as connection:
            unfinished = len(pending_batches(connection)) + waiting_changes(connection)
            counted = _ledger_counts(connection, files, _version(folder))
        return json.dumps({**_lake_counts(lake, files, _version(folder)), **counted, "unfinished": unfinished})


def _lake_counts(lake, files, version):
    def count(what, table, settings=""):
        return lake.rows(f"SELECT {what} AS n FROM {table} {settings}")[0]["n"]

    due = {(number, v) for number in range(BUCKETS) for v in range(1, version + 1) if _exists(number, v)}
    ends = {(number, v) for number, v in due if v < version and not _exists(number, v + 1)}
    rows = lake.rows("SELECT id, tags, is_deleted, count() AS n FROM items GROUP BY id, tags, is_deleted, captured_at")
    kept = [(int(row["id"].partition("-")[2]), int(json.loads(row["tags"])["version"])) for row in rows]
    seen = [each for each, row in zip(kept, rows, strict=True) if not row["is_deleted"]]
    ended = [each for each, row in zip(kept, rows, strict=True) if row["is_deleted"]]
    wrong = len(set(seen) ^ due) + len(set(ended) ^ ends) + len(seen) - len(set(seen)) + len(ended) - len(set(ended))
    return {
        "events_due": files * EVENTS,
        "events_once": count("uniqExact(`metadata.uid`)", "events"),
        "events_kept": count("count()", "events", "SETTINGS final = 0"),
        "revisions_wrong": wrong,
        "revisions_kept": len(rows),
        "changes_kept": count("count()", "finding_changes"),
        "changes_lost": count("sum(last - n)", "(SELECT max(revision) AS last, uniqExact(revision) AS n "
                              "FROM finding_changes GROUP BY uid)"),
        "passes": version,
    }  # fmt: skip


def _ledger_counts(connection, files, version):
    from sqlalchemy import select

    from nephoscope.store.findings import stored_finding
    from nephoscope.store.tables import FINDINGS

    stored = [stored_finding(row) for row in connection.execute(select(FINDINGS))]
    stops = {each.finding.actor.uid: each.occurrences for each in stored if each.finding.title == STOPPED}
    due = {}
    for file in range(0, files, STOPS_EACH):
        actor = _record(file, 0)["userIdentity"]["arn"]
        due[actor] = due.get(actor, 0) + 1
    blocks = {
        each.finding.resource.id: each.status == "open"
        for each in stored
        if each.finding.rule == "s3_bucket_blocks_public_access"
    }
    open_ = {f"bucket-{n}": _exists(n, version) and not _is_blocked(n, version) for n in range(BUCKETS)}
    return {
        "counts_wrong": sum(stops.get(actor) != due.get(actor) for actor in {*stops, *due}),
        "states_wrong": sum(blocks.get(name, False) != is_open for name, is_open in open_.items()),
    }


if __name__ == "__main__":
    _nurse(Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3])))
