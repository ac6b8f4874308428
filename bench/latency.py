"""From a log file's delivery to the finding stored, and from a write event to the item and its verdicts.

Everything that `nephoscope up` runs, on a sandbox of this run's own, once the accounts were read: users and buckets
are created at random moments, first on the machine as it is, then beside busy loops. Delivered = the moment that S3's
notification names; stored = the ledger's transaction is done.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import Figure, percentile

EVENTS = 60
PAUSE_S = (0.3, 1.7)
CREATED = "d2b3ddb9-c0c8-43a7-928b-be706a731e32"  # IAM user created
READ_WITHIN_S = 240
STORED_WITHIN_S = 45
BUSY = 8  # loops beside it, at the same priority
BUSY_S = 300
LOOP = f"import time\nend = time.monotonic() + {BUSY_S}\nwhile time.monotonic() < end:\n    sum(range(10_000))"


class Clocked:
    """Notes when the finding of each actor's session was told of, which is just after it was stored."""

    def __init__(self):
        self.at = {}

    def found(self, finding):
        if finding.rule == CREATED and finding.actor:
            self.at.setdefault(finding.actor.uid.rpartition("/")[2], datetime.now(UTC))

    def cannot_see(self, gap):
        print("cannot see:", gap.subject, gap.cause, file=sys.stderr)

    def sees_again(self, gap):
        pass


def figures():
    """p50, p95 and worst of all events, in seconds, alone and beside busy loops."""
    from nephoscope.sandbox.stage import staged
    from nephoscope.watch import watching

    listener = Clocked()
    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "sandbox", lambda _: None) as stage:
        clouds, log_clouds = stage.clouds()
        with watching(stage.config(Path(name) / "data"), clouds, listener, log_clouds) as watch:
            _wait(lambda: watch.has_read_all and watch.logs["trail"].events > 0, READ_WITHIN_S)
            refreshed = _clock(watch.items)
            time.sleep(5)
            alone = _phase(stage, watch, listener, refreshed, "alone")
            with _busy():
                beside = _phase(stage, watch, listener, refreshed, "beside")
    return [*_shown(alone, "as it is"), *_shown(beside, f"{BUSY} busy loops beside it")]


@contextmanager
def _busy():
    """Loops that want a processor each; they end with the block, or by themselves."""
    loops = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(BUSY)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def _phase(stage, watch, listener, refreshed, name):
    """Change things, and say when each change was called, delivered, found and refreshed."""
    called, spent = _write(stage, name)
    users = [id for number, id in enumerate(called) if not number % 2]
    _wait(lambda: set(users) <= set(listener.at) and set(called) <= set(refreshed), STORED_WITHIN_S)
    load = os.getloadavg()[0]
    delivered, kept = _delivered(watch, called), _kept(watch)
    _explain(called, delivered, listener, refreshed)
    found = {id: listener.at[id] for id in users if id in listener.at}
    again = {id: refreshed[id] for id in called if id in refreshed and id in kept}
    return called, spent, delivered, found, again, load


def _shown(phase, how):
    called, spent, delivered, found, again, load = phase
    stored = [(at - delivered[id]).total_seconds() for id, at in found.items() if id in delivered]
    whole = [(at - called[id]).total_seconds() for id, at in again.items()]
    missing = len(called) - len(again)
    again = [(at - delivered[id]).total_seconds() for id, at in again.items() if id in delivered]
    return [
        Figure(f"the machine {how}: load of the last minute", load, ""),
        Figure("log file delivered → finding stored: events", len(stored), "events", 40, at_least=True),
        Figure("… p50", percentile(stored, 0.5), "s"),
        Figure("… p95", percentile(stored, 0.95), "s", 2),
        Figure("… worst", max(stored), "s"),
        Figure("write event delivered → item and verdicts stored: events", len(again), "events", 40, at_least=True),
        Figure("… p50", percentile(again, 0.5), "s"),
        Figure("… p95", percentile(again, 0.95), "s", 3),
        Figure("… worst", max(again), "s"),
        Figure("… p95 from the API call, delivery (every 2 s) included", percentile(whole, 0.95), "s"),
        Figure("… CPU of everything but the sandbox per change, first third", _share(spent, 0), "s"),
        Figure("… and last third: it must not grow with what was kept", _share(spent, 2), "s"),
        Figure("… resources that were changed and not refreshed", missing, "resources", 0),
    ]


def _wait(is_so, within_s):
    end = time.monotonic() + within_s
    while not is_so() and time.monotonic() < end:
        time.sleep(0.1)


def _clock(items):
    """{id: when its refresh was done}; `Items.refresh` goes on as it is."""
    done, refresh = {}, items.refresh

    def clocked(keys):
        refresh(keys)
        now = datetime.now(UTC)
        for _, _, type_, id_ in keys:
            if "latency" in id_ and type_ in ("AWS::IAM::User", "AWS::S3::Bucket"):
                done.setdefault(id_, now)

    items.refresh = clocked
    return done


def _write(stage, name):
    """Create users and buckets in turn; returns when each call was answered, by id, and CPU seconds after each."""
    from nephoscope.sandbox.company import MANAGEMENT
    from nephoscope.sandbox.company.reach import Reach, root_keys

    chance = random.Random(7)
    reach = Reach(stage.sandbox.endpoint_url, root_keys(stage.company.development.id))
    root, role = Reach(stage.sandbox.endpoint_url, root_keys(MANAGEMENT)), _role(stage.company)
    called, spent = {}, [time.process_time()]
    for number in range(2 * EVENTS):
        id = f"latency-{name}-{number:03}"
        if number % 2:
            reach.client("s3").create_bucket(Bucket=id)
        else:
            root.assume(role, id).client("iam").create_user(UserName=id)
        called[id] = datetime.now(UTC)
        time.sleep(chance.uniform(*PAUSE_S) / 2)
        spent.append(time.process_time())
    return called, spent


def _share(spent, third):
    """CPU seconds per change in one third of the changes."""
    size = (len(spent) - 1) // 3
    return (spent[(third + 1) * size] - spent[third * size]) / size


def _role(company):
    return company.development.role_arn(company.access_role)


def _delivered(watch, called):
    """When the file that holds the event of each id was delivered."""
    from nephoscope.store.seen import seen_since

    rows = watch.stores.lake.rows(
        "SELECT `api.request.data` AS asked, `origin.object` AS object FROM events "
        "WHERE `api.operation` IN ('CreateUser', 'CreateBucket') AND `api.request.data` LIKE '%latency-%'"
    )
    with watch.stores.ledger.read() as connection:
        since = datetime.now(UTC).replace(hour=0, minute=0)
        at = {read.object.uri: read.object.delivered_at for read in seen_since(connection, "trail", since)}
    return {id: at[row["object"]] for row in rows for id in called if f'"{id}"' in row["asked"]}


def _kept(watch):
    rows = watch.stores.lake.rows("SELECT DISTINCT id FROM items WHERE id LIKE 'latency-%'")
    return {row["id"] for row in rows}


def _explain(called, delivered, listener, refreshed):
    """One line per event on standard error, for who looks for where the time goes."""
    for id, at in called.items():
        if id not in delivered:
            print(id, "not delivered", file=sys.stderr)
            continue
        found = listener.at.get(id)
        parts = [
            f"call→delivered {(delivered[id] - at).total_seconds():.2f}",
            f"→found {(found - delivered[id]).total_seconds():.2f}" if found else "",
            f"→refreshed {(refreshed[id] - delivered[id]).total_seconds():.2f}" if id in refreshed else "",
        ]
        print(id, *parts, file=sys.stderr)
