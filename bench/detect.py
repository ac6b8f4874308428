"""How fast `nephoscope detect` is, on CloudTrail multiplied from real files.

    python bench/detect.py [--events 1000000] [--dir FOLDER]

Each copy of the real records has ids, times, addresses and principals of its own. The same run measures gunzip alone,
which nothing that reads gz can beat. Prints one table; takes a few minutes at a million events.
"""

import argparse
import contextlib
import gzip
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("NEPHOSCOPE_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
PER_FILE = 2_900
STAMP = re.compile(r"2023-07-10T")
UID = re.compile(r'"eventID":"[^"]+"')


def multiply(folder, events):
    """Write gz files as CloudTrail delivers them, until there are enough events."""
    lines = gzip.decompress((DATA / "cloudtrail_invictus" / "events.jsonl.gz").read_bytes()).decode().splitlines()
    chance = random.Random(1)
    records = [json.dumps(json.loads(line), separators=(",", ":")) for line in lines]
    users = sorted(set(re.findall(r":user/([\w-]+)", "".join(lines))))
    addresses = sorted(set(re.findall(r'"sourceIPAddress":"(\d+\.\d+\.\d+\.\d+)"', "".join(records))))
    for number in range(max(1, events // PER_FILE)):
        text = ",".join(records)
        day = f"20{chance.randint(24, 25)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T"
        text = STAMP.sub(day, text)
        for user in users:
            text = text.replace(f"user/{user}", f"user/{user}-{number % 500}")
        for address in addresses:
            parts = ".".join(str(chance.randint(1, 254)) for _ in range(4))
            text = text.replace(f'"sourceIPAddress":"{address}"', f'"sourceIPAddress":"{parts}"')
        text = UID.sub(lambda _: f'"eventID":"{chance.getrandbits(128):032x}"', text)
        name = f"111122223333_CloudTrail_us-east-1_20240101T{number % 2400:04}Z_{number:016x}.json.gz"
        (folder / name).write_bytes(gzip.compress(f'{{"Records":[{text}]}}'.encode(), 6))
    return max(1, events // PER_FILE) * len(records)


def varied_rules(folder, copies):
    """Copies of our own AWS rules: the first of each as it is, the others after a name that no API has."""
    import yaml

    sources = sorted((REPOSITORY / "src/nephoscope/detect/rules/aws").glob("*.yml"))
    rules = [document for path in sources for document in yaml.safe_load_all(path.read_text())]
    rules = [rule for rule in rules if "detection" in rule and "level" in rule and "name" not in rule][:57]
    for number in range(copies):
        text = json.dumps({**rules[number % 57], "id": f"{number:08x}-0000-4000-8000-000000000000", "examples": {}})
        if number >= 57:
            text = re.sub(r'("eventName[^"]*": )(\[[^]]*\]|"[^"]*")', rf'\1["Varied{number}", "Other{number}"]', text)
        (folder / f"{number:05}.yml").write_text(text)


def run(*command):
    """Wall seconds, CPU seconds of the process and its workers, and the largest's peak memory in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    found = subprocess.run(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")})
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert found.returncode in (0, 1), found.returncode
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, found.stdout.count(b"\n")


PEAK = """
import resource, sys
sys.argv = ["nephoscope", *sys.argv[1:]]
try:
    import nephoscope.cli
    nephoscope.cli.main()
finally:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peaks = [resource.getrusage(kind).ru_maxrss // 1024 for kind in kinds]
    print("peak MB", *peaks, file=sys.stderr)
"""

GUNZIP = """
import sys
from pathlib import Path
from isal import igzip
print(sum(len(igzip.decompress(path.read_bytes())) for path in Path(sys.argv[1]).iterdir()))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    with contextlib.ExitStack() as held:
        folder = options.dir or Path(held.enter_context(tempfile.TemporaryDirectory()))
        logs, rules, few = folder / "logs", folder / "rules", folder / "few"
        if not logs.exists():
            for each in (logs, rules, few):
                each.mkdir(parents=True)
            multiply(logs, options.events)
            varied_rules(rules, 10_000)
            varied_rules(few, 57)
        events = len(list(logs.iterdir())) * PER_FILE
        detect = (sys.executable, "-c", PEAK, "detect", str(logs), "--format", "jsonl")
        cases = {
            "gunzip alone": (sys.executable, "-c", GUNZIP, str(logs)),
            "built-in rules": detect,
            "built-in rules, 2 workers": (*detect, "--workers", "2"),
            "57 rules": (*detect, "--no-builtin-rules", "--rules", str(few)),
            "10,000 rules": (*detect, "--no-builtin-rules", "--rules", str(rules)),
        }
        print(f"{events} events in {len(list(logs.iterdir()))} files")
        print("| case | wall s | CPU s | events/s | events/s and core | lines |\n|---|---|---|---|---|---|")
        for name, command in cases.items():
            if options.only in name:
                wall, cpu, lines = run(*command)
                print(f"| {name} | {wall:.1f} | {cpu:.1f} | {events / wall:,.0f} | {events / cpu:,.0f} | {lines} |")


if __name__ == "__main__":
    main()
