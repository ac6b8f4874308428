"""What an event costs on its way into the lake, part by part, and what the engine's settings change of it.

The events of `bench lake`, each part done by itself for all of them; CPU of all threads, in µs per event. Every part of
the engine's runs once per round, and the best of the rounds is shown: the machine may be shared.
"""

from __future__ import annotations

import hashlib
import io
import json
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from bench.figure import Figure, environment

EVENTS = 100_000
ROUNDS = 3
UNMERGED = {"min_parts_to_merge_at_once": 1_000}
WITHIN_S = 1_200
LEFT = (
    "arrayStringConcat(arrayMap(x -> concat('\"', x.1, '\":', x.2), arrayFilter(x -> x.1 NOT IN {names:Array(String)}, "
    "JSONExtractKeysAndValuesRaw(line))), ',')"
)


def figures():
    """Python's parts first, then the engine's."""
    from bench.collect import trail

    with tempfile.TemporaryDirectory() as name:
        for number, stored in enumerate(trail(EVENTS)):
            (Path(name) / f"{number:04}.json.gz").write_bytes(stored)
        command = [sys.executable, "-m", "bench.lake_parts", name]
        done = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, timeout=WITHIN_S, check=True)
    return [Figure(what, cost, "µs") for what, cost in json.loads(done.stdout).items()]


class Clock:
    """CPU seconds of this process by what it was spent on."""

    def __init__(self):
        self.spent = defaultdict(float)
        self.last = cpu_s()

    def lap(self, what):
        """Put what was spent since the last lap down to something."""
        now = cpu_s()
        self.spent[what] += now - self.last
        self.last = cpu_s()


def cpu_s():
    """All threads' CPU seconds, the kernel's for them too."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(logs):
    """{part: µs per event}"""
    contents = []
    parts = {}
    tables = []
    for _ in range(ROUNDS):
        clock = Clock()
        contents, tables, found = python_parts(logs, clock)
        judged(found, clock)
        for what, spent in clock.spent.items():
            parts[what] = min(parts.get(what, spent), spent)
    parts |= engine_parts(contents, tables)
    events = sum(one.num_rows for one in tables)
    return {what: 1e6 * spent / events for what, spent in parts.items()}


def python_parts(logs, clock):
    """From files to Arrow tables, scans and touched resources, one after the other, as a batch is worked on."""
    from nephoscope.collect.decode import no_garbage_collection
    from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
    from nephoscope.collect.table import table
    from nephoscope.collect.unzip import content
    from nephoscope.detect.detector import Scanner
    from nephoscope.detect.loading import load_rules
    from nephoscope.inventory.written import written

    scanner = Scanner(load_rules(()))
    contents, tables, scans = [], [], []
    with no_garbage_collection():
        for path in sorted(logs.iterdir()):
            clock.lap("(between)")
            with path.open("rb") as stored:
                text = b"".join(content(stored, path.name))
            clock.lap("gunzip")
            hashlib.sha256(text).digest()
            clock.lap("SHA-256")
            batches = list(AwsCloudTrail.batches(io.BytesIO(text), f"s3://bench/{path.name}"))
            clock.lap("decoding to structs")
            tables += [table(batch, "batch") for batch in batches]
            clock.lap("columns, `unmapped`, Arrow")
            scans += [scanner.scan(batch) for batch in batches]
            clock.lap("rules")
            for batch in batches:
                written(batch)
            clock.lap("which resources a write touches")
            del batches, batch
            clock.lap("freeing")
            contents.append(text)
    return contents, tables, scans


def judged(scans, clock):
    """What the matches cost: correlations, their state, findings in the ledger."""
    from nephoscope.collect.decode import no_garbage_collection
    from nephoscope.detect.detector import Detector
    from nephoscope.detect.judge import in_order
    from nephoscope.detect.loading import load_rules
    from nephoscope.store.findings import upsert_findings
    from nephoscope.store.ledger import open_ledger
    from nephoscope.store.state import put_state

    detector = Detector(load_rules(()))
    with tempfile.TemporaryDirectory() as name, open_ledger(f"{name}/ledger.db") as ledger, no_garbage_collection():
        clock.lap("(between)")
        found = [finding for scan in scans for finding in scan.findings]
        found += detector.conclude(in_order(signal for scan in scans for signal in scan.signals))
        clock.lap("correlations")
        with ledger.write() as connection:
            upsert_findings(connection, found)
            clock.lap("findings in the ledger")
            put_state(connection, "state", json.loads(detector.dump()))
        clock.lap("state of correlations, commit")


def variants():
    """{what differs: (columns of the table, settings beside those of the events' table)}; none is merged meanwhile."""
    from nephoscope.store.migrations.lake import EVENTS as TABLE

    def coded(codec):
        return tuple((name, f"{kind} CODEC({codec})") for name, kind in TABLE.columns)

    plain = (("LowCardinality(Nullable(String))", "Nullable(String)"), ("LowCardinality(String)", "String"))
    texts = tuple((name, dict(plain).get(kind, kind)) for name, kind in TABLE.columns)
    return {
        "as it is": (TABLE.columns, {}),
        "without fsync": (TABLE.columns, {"fsync_after_insert": 0, "fsync_part_directory": 0}),
        "without compression": (coded("NONE"), {}),
        "with ZSTD": (coded("ZSTD(1)"), {}),
        "without LowCardinality": (texts, {}),
        "with a file per column": (TABLE.columns, {"min_bytes_for_wide_part": 0}),
    }


def engine_parts(contents, tables):
    """The lake's part: handing over, inserting, what each setting changes, and the engine's own way from JSON."""
    from nephoscope.store.lake import open_lake

    best = {}
    with tempfile.TemporaryDirectory() as name, open_lake(f"chdb://{name}/lake") as lake:
        lines = Path(name) / "lines"
        lines.write_bytes(b"".join(records(contents)))
        for number in range(ROUNDS):
            lake.command(f"CREATE TABLE nothing_{number} AS events ENGINE = Null")
            costs = {"insert: handing Arrow over, nothing stored": inserted(lake, f"nothing_{number}", tables)}
            for place, (what, (columns, settings)) in enumerate(variants().items()):
                table = made(lake, f"variant_{number}_{place}", columns, settings | UNMERGED)
                costs[f"insert: {what}"] = inserted(lake, table, tables)
                if what == "as it is":
                    costs["merging these parts into one"] = merged(lake, table)
                lake.command(f"DROP TABLE {table} SYNC")
            costs |= extracted(lake, lines, number)
            best |= {what: min(best.get(what, spent), spent) for what, spent in costs.items()}
    return best


def made(lake, name, columns, settings):
    """A table like that of events, but for columns and settings."""
    from nephoscope.store.migrations.lake import EVENTS as TABLE
    from nephoscope.store.migrations.lake import MIGRATIONS, create

    for statement in create(replace(TABLE, name=name, columns=columns), ""):
        lake.command(statement)
    kept = {setting: value for one in MIGRATIONS for table, setting, value in one.settings if table is TABLE}
    for setting, value in (kept | settings).items():
        lake.command(f"ALTER TABLE {name} MODIFY SETTING {setting} = {value}")
    return name


def inserted(lake, table, tables):
    """CPU seconds of inserting every part."""
    before = cpu_s()
    for number, one in enumerate(tables):
        lake.insert(table, one, f"{table}-{number}")
    return cpu_s() - before


def merged(lake, table):
    """CPU seconds of making one part of all."""
    before = cpu_s()
    lake.command(f"OPTIMIZE TABLE {table} FINAL")
    return cpu_s() - before


def records(contents):
    """Each record's text, a line each."""
    import msgspec

    decode = msgspec.json.Decoder(dict[str, list[msgspec.Raw]]).decode
    return (bytes(record) + b"\n" for text in contents for record in decode(text)["Records"])


def extracted(lake, lines, number):
    """CPU seconds of the engine reading records' text, making columns of it, and storing them."""
    from bench.lake import BARE, from_text

    names = sorted({value.removeprefix("r.").partition(".")[0] for value in BARE.values()} | {"eventTime"})
    whole = BARE | {"unmapped": LEFT}
    costs = {}
    for what, columns in (("most columns", BARE), ("with `unmapped`, top level only", whole)):
        table = f"text_{number}_{len(costs)}"
        lake.command(f"CREATE TABLE {table} AS events")
        before = cpu_s()
        lake.command(from_text(lines, table, columns), {"names": names})
        costs[f"engine alone from JSON text: {what}"] = cpu_s() - before
        lake.command(f"DROP TABLE {table} SYNC")
    return costs


if __name__ == "__main__":
    print(json.dumps({what: cost for what, cost in measured(Path(sys.argv[1])).items() if what != "(between)"}))
