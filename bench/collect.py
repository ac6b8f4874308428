"""How fast log files become columns: decoding alone, and into the lake's tables, per core.

    python bench/collect.py [--events 200000]

CloudTrail is multiplied from real files (ids, times and addresses varied); flow-log lines are made. Prints one table.
"""

import argparse
import gc
import gzip
import io
import json
import os
import random
import resource
import time
from pathlib import Path

from nephoscope.collect.decode import no_garbage_collection
from nephoscope.collect.flow import DEFAULT
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.sources.aws_vpc_flow import AwsVpcFlow
from nephoscope.collect.table import table

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("NEPHOSCOPE_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
PER_FILE = 10_000
ASKED = (
    "eventName",
    "eventSource",
    "errorCode",
    "userAgent",
    "userIdentity.type",
    "userIdentity.arn",
    "sourceIPAddress",
)


def trail(events):
    """CloudTrail files, gz, in memory."""
    lines = gzip.decompress((DATA / "cloudtrail_invictus" / "events.jsonl.gz").read_bytes()).splitlines()
    records = [json.loads(line) for line in lines]
    chance = random.Random(1)
    for start in range(0, events, PER_FILE):
        varied = []
        for number in range(start, min(events, start + PER_FILE)):
            record = dict(records[number % len(records)])
            record["eventID"] = f"{chance.getrandbits(128):032x}"
            record["eventTime"] = (
                f"2023-07-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}:{chance.randint(0, 59):02}Z"
            )
            record["sourceIPAddress"] = f"10.{chance.randint(0, 255)}.{chance.randint(0, 255)}.1"
            varied.append(record)
        yield gzip.compress(json.dumps({"Records": varied}, separators=(",", ":")).encode(), 6)


def flows(lines):
    """One flow-log file, gz."""
    chance = random.Random(1)
    header = " ".join(DEFAULT)
    made = [
        f"2 123456789012 eni-{chance.randint(0, 99):08x} 10.0.{chance.randint(0, 255)}.{chance.randint(0, 255)} "
        f"10.1.0.{chance.randint(0, 255)} {chance.randint(1024, 65535)} 443 6 {chance.randint(1, 999)} "
        f"{chance.randint(40, 99999)} {1700000000 + number // 100} {1700000060 + number // 100} ACCEPT OK"
        for number in range(lines)
    ]
    yield gzip.compress("\n".join([header, *made]).encode(), 6)


def measured(source, files, use):
    """Events a second of CPU time."""
    started, events = time.process_time(), 0
    with no_garbage_collection():
        for stored in files:
            for batch in source.batches(io.BytesIO(stored), "bench_vpcflowlogs_eu-west-1_"):
                use(batch)
                events += len(batch)
    return events / (time.process_time() - started)


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    events = parser.parse_args().events
    files, lines = list(trail(events)), list(flows(events))
    rows = (
        ("CloudTrail: gz → structs", AwsCloudTrail, files, len),
        ("CloudTrail: and 7 columns", AwsCloudTrail, files, lambda batch: [batch.values(field) for field in ASKED]),
        ("CloudTrail: gz → Arrow, all columns", AwsCloudTrail, files, lambda batch: table(batch, "b")),
        ("flow logs: gz → columns", AwsVpcFlow, lines, lambda batch: [batch.values(field) for field in batch.columns]),
        ("flow logs: gz → Arrow, all columns", AwsVpcFlow, lines, lambda batch: table(batch, "b")),
    )
    for _, source, stored, use in rows:
        measured(source, stored[:1], use)  # what is imported and allocated once is no part of the pace
    for name, source, stored, use in rows:
        gc.collect()
        print(f"{name:40} {measured(source, stored, use):12,.0f} events/s and core")
    print(f"{'peak memory':40} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:12,.0f} MB")


if __name__ == "__main__":
    main()
