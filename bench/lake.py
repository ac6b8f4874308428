"""From gz files to the lake's tables with detection: events per second and core, and memory.

CloudTrail multiplied from real files to 300,000 events of one month, through the same steps as `up`: decode a
batch, every built-in rule, columns, insert, the ledger's transaction. Measured in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.figure import Figure, environment

EVENTS = 300_000
TIMES = 2
WITHIN_S = 240


def figures():
    """The best of two runs."""
    from bench.collect import trail

    with tempfile.TemporaryDirectory() as name:
        logs = Path(name) / "logs"
        logs.mkdir()
        for number, stored in enumerate(trail(EVENTS)):
            (logs / f"{number:04}.json.gz").write_bytes(stored)
        runs = [_run("feed", logs, Path(name) / f"data{number}") for number in range(TIMES)]
        bare = _run("bare", logs, Path(name) / "bare")
    best = max(runs, key=lambda run: run["events"] / run["cpu_s"])
    return [
        Figure(
            "gz → columns → rules → lake and ledger", best["events"] / best["cpu_s"], "events/s and core", 80_000, True
        ),
        Figure("… without the lake: gz → columns → rules", best["events"] / best["decode_s"], "events/s and core"),
        Figure("… CPU of decoding, rules, columns", best["decode_s"], "s"),
        Figure("… CPU of the lake's inserts, correlations and the ledger", best["keep_s"], "s"),
        Figure("… gunzip alone, in the same run", best["gunzip_s"], "s"),
        Figure(
            "… chDB alone, from JSON lines to the table, no rules", bare["events"] / bare["cpu_s"], "events/s and core"
        ),
        Figure("… wall", best["wall_s"], "s"),
        Figure("… peak memory", max(run["peak_mb"] for run in runs), "MB"),
        Figure("… events in the lake", best["kept"], "events", best["events"], True),
    ]


def _run(what, logs, data):
    command = [sys.executable, "-m", "bench.lake", what, str(logs), str(data)]
    done = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, timeout=WITHIN_S, check=True)
    return json.loads(done.stdout)


def _feed(logs, data):
    """Feed every file of a folder to fresh stores, as the pipeline does; print what it took as JSON."""
    import resource
    import time

    import nephoscope.keep as keeping
    from nephoscope.collect.collector import Fetched, Job, grouped, work
    from nephoscope.collect.source import LogObject
    from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
    from nephoscope.detect.detector import Detector, Scanner
    from nephoscope.detect.loading import load_rules
    from nephoscope.inventory.written import written
    from nephoscope.store.events import count_events
    from nephoscope.store.lake import open_lake
    from nephoscope.store.ledger import open_ledger
    from nephoscope.store.seen import Batch, record_batch

    at = time.process_time()
    _gunzip(logs)
    took = {"decode_s": 0.0, "keep_s": 0.0, "gunzip_s": time.process_time() - at}
    data.mkdir()
    rules = load_rules(())
    scanner, detector = Scanner(rules), Detector(rules)
    files = [Fetched(LogObject(f"s3://bench/{path.name}"), path.open("rb")) for path in sorted(logs.iterdir())]
    with open_lake(f"chdb://{data}/lake") as lake, open_ledger(str(data / "ledger.db")) as ledger:
        stores = keeping.Stores(lake, ledger, _Quiet())
        events, began, cpu = 0, time.perf_counter(), time.process_time()
        for group in grouped(files):
            batch = Batch("trail", tuple(keeping.ref(one.object) for one in group))
            with ledger.write() as connection:
                batch = record_batch(connection, batch)
            at = time.process_time()
            decoded = work(Job(AwsCloudTrail, group, batch.id, lambda one: (scanner.scan(one), written(one))))
            took["decode_s"] += time.process_time() - at
            at = time.process_time()
            keeping.keep_events(stores, batch, decoded, detector)
            took["keep_s"] += time.process_time() - at
            events += sum(read.records for read in decoded.reads)
        took |= {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - began}
        kept = count_events(lake)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(took | {"events": events, "kept": kept, "peak_mb": peak}))


BARE = {
    "time": "parseDateTime64BestEffort(r.eventTime, 3, 'UTC')",
    "metadata.uid": "r.eventID",
    "cloud.account.uid": "r.recipientAccountId",
    "cloud.region": "r.awsRegion",
    "api.operation": "r.eventName",
    "api.service.name": "r.eventSource",
    "api.request.uid": "r.requestID",
    "api.response.error": "r.errorCode",
    "actor.user.uid": "r.userIdentity.arn",
    "actor.user.type": "r.userIdentity.type",
    "actor.user.credential_uid": "r.userIdentity.accessKeyId",
    "actor.session.uid": "r.userIdentity.principalId",
    "src_endpoint.ip": "r.sourceIPAddress",
    "http_request.user_agent": "r.userAgent",
    "event_code": "r.eventType",
    "api.request.data": "r.requestParameters",
    "api.response.data": "r.responseElements",
    "unmapped": "r.additionalEventData",
}


def from_text(lines, table, columns):
    """The statement by which the engine makes columns of records' text, a line each. columns: {column: of what}."""
    names = {value.removeprefix("r.") for value in BARE.values() if value.startswith("r.")} | {"eventTime"}
    flat = ", ".join(f"{name} String" for name in sorted(names) if "." not in name)
    inner = ", ".join(f"{name.partition('.')[2]} String" for name in sorted(names) if "." in name)
    kind = f"Tuple({flat}, userIdentity Tuple({inner}))"
    source = f"SELECT line, JSONExtract(line, '{kind}') AS r FROM file('{lines}', LineAsString, 'line String')"
    targets = ", ".join(f"`{name}`" for name in columns)
    return f"INSERT INTO {table} ({targets}) SELECT {', '.join(columns.values())} FROM ({source})"


def _bare(logs, data):
    """What the engine takes by itself: it parses each record's text and writes the columns that hold most of it."""
    import resource

    import msgspec

    from nephoscope.collect.unzip import content
    from nephoscope.store.events import count_events
    from nephoscope.store.lake import open_lake

    data.mkdir()
    records = msgspec.json.Decoder(dict[str, list[msgspec.Raw]])
    lines = data / "lines"
    with lines.open("wb") as out:
        for path in sorted(logs.iterdir()):
            with path.open("rb") as stored:
                found = records.decode(b"".join(content(stored, path.name)))["Records"]
            out.writelines(bytes(record) + b"\n" for record in found)
    with open_lake(f"chdb://{data}/lake") as lake:
        before = resource.getrusage(resource.RUSAGE_SELF)
        lake.command(from_text(lines, "events", BARE))
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(json.dumps({"cpu_s": cpu, "events": count_events(lake)}))


def _gunzip(logs):
    """Uncompress every file and forget it: what nothing that reads gz can beat."""
    from nephoscope.collect.unzip import content

    for path in logs.iterdir():
        with path.open("rb") as stored:
            for _ in content(stored, path.name):
                pass


class _Quiet:
    def found(self, finding): ...

    def cannot_see(self, gap): ...

    def sees_again(self, gap): ...


if __name__ == "__main__":
    {"feed": _feed, "bare": _bare}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
