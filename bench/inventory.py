"""Reading a whole account: CPU, memory and calls of `inventory --once --assess` on a seeded moto server.

The estate is the shared `bench/aws/seed.py` at scale 1: 1,171 resources of 91 kinds in 4 regions. What nothing that
uses boto3 can beat is measured in the same run: the same number of bare calls by as many threads, nothing kept.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.figure import Figure, environment, nephoscope, run, shared

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-1", "us-west-2")
REQUEST = re.compile(rb'" \d{3} ')
TIMES = 3

BARE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from botocore.config import Config
from botocore.session import Session
session = Session()
config = Config(max_pool_connections=32, parameter_validation=False, s3={"addressing_style": "path"})
calls = (("iam", "list_users"), ("s3", "list_buckets"), ("ec2", "describe_vpcs"), ("kms", "list_keys"))
regions = sys.argv[2].split(",")
clients = {(s, r): session.create_client(s, region_name=r, endpoint_url=sys.argv[3], config=config)
           for s, _ in calls for r in regions}
def one(n):
    service, operation = calls[n % 4]
    getattr(clients[service, regions[n // 4 % 4]], operation)()
with ThreadPoolExecutor(16) as pool:
    list(pool.map(one, range(int(sys.argv[1]))))
"""


@contextlib.contextmanager
def account(folder):
    """A moto server with the seeded estate; yields its URL and its log, a line per request."""
    seed = shared("bench") / "aws" / "seed.py"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, log = f"http://127.0.0.1:{port}", folder / "moto.log"
    settings = environment(MOTO_EC2_LOAD_DEFAULT_AMIS="false", MOTO_IAM_LOAD_MANAGED_POLICIES="true")
    with log.open("wb") as lines:
        command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdout=lines, stderr=lines, env=settings)
    try:
        _ready(url)
        simple = {"lambda": {"use_docker": False}, "batch": {"use_docker": False}}
        urllib.request.urlopen(f"{url}/moto-api/config", json.dumps(simple).encode(), timeout=10).close()
        with (folder / "seed.json").open("wb") as seeded:
            made = run([sys.executable, str(seed), "--endpoint", url], 300, stdout=seeded)
        if made.code:
            raise SystemExit(f"seeding ended with {made.code}")
        yield url, log
    finally:
        server.terminate()
        server.wait(20)


def _ready(url):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=5).close()
            return
        time.sleep(0.2)
    raise SystemExit("moto did not start within a minute")


def figures():
    """The best of three passes, with every request that the server saw counted from its log."""
    with tempfile.TemporaryDirectory() as name, account(Path(name)) as (url, log):
        out = Path(name) / "items.jsonl"
        settings = environment(
            AWS_ENDPOINT_URL=url, AWS_ACCESS_KEY_ID="AKIAROOT", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION=REGIONS[0]
        )
        named = [word for region in REGIONS for word in ("--region", region)]
        command = nephoscope("inventory", "--once", "--assess", "--format", "jsonl", *named)
        runs = []
        for _ in range(TIMES):
            before = _requests(log)
            with out.open("wb") as lines:
                runs.append(run(command, 200, stdout=lines, env=settings))
            calls = _requests(log) - before
        rows = [json.loads(line) for line in out.read_bytes().splitlines()]
        bare = [sys.executable, "-c", BARE, str(calls), ",".join(REGIONS), url]
        limit = min((run(bare, 200, env=settings) for _ in range(TIMES)), key=lambda one: one.cpu_s)
    best = min(runs, key=lambda one: one.cpu_s)
    verdicts = sum("verdict" in row for row in rows)
    unknown = sum(row.get("verdict") == "Unknown" for row in rows)
    return [
        Figure("inventory and all checks: CPU", best.cpu_s, "s", 10),
        Figure("… peak memory", max(one.peak_mb for one in runs), "MB", 400),
        Figure("… API calls that the server saw", calls, "calls", 1700),
        Figure("… wall", min(one.wall_s for one in runs), "s"),
        Figure("… items", len(rows) - verdicts, "items"),
        Figure("… verdicts", verdicts, "verdicts"),
        Figure("… of them Unknown", unknown, "verdicts"),
        Figure("as many bare boto3 calls: CPU", limit.cpu_s, "s"),
        Figure("ours ÷ bare calls: CPU", best.cpu_s / limit.cpu_s, "times"),
    ]


def _requests(log):
    return len(REQUEST.findall(log.read_bytes()))
