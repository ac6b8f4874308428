"""How fast vulnerabilities are written, and in how much memory: one fleet, then one of four times as many hosts.

Hosts of 20 images with 2,000 packages, of which one in twenty is another on each host; half the packages have a
vulnerability. Twenty million rows are not written: the time for them is that of the larger fleet, multiplied, and
memory must not grow between the two.
"""

import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import Figure, nephoscope, run
from nephoscope.model.package import Package
from nephoscope.store.ledger import open_ledger
from nephoscope.store.packages import Target, Vulnerability, id_of, put_look, put_vulnerabilities

HOSTS, TIMES = 100, 4
IMAGES, PER_HOST, POOL = 20, 2_000, 8_000
NOW = datetime(2026, 11, 27, tzinfo=UTC)
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def figures():
    found = []
    for name in ("jsonl", "csv", "ocsf"):
        (few, small), (many, large) = (_written(name, hosts) for hosts in (HOSTS, HOSTS * TIMES))
        speed = many / large.cpu_s
        found += [
            Figure(
                f"vulnerabilities as {name}, {many:,} rows of {HOSTS * TIMES} hosts: rows per CPU second",
                speed,
                "rows/s",
            ),
            Figure("… 20 million rows at that speed", 20_000_000 / speed / 60, "CPU minutes"),
            Figure(f"… peak memory, {few:,} rows", small.peak_mb, "MB"),
            Figure(f"… peak memory, {many:,} rows", large.peak_mb, "MB", small.peak_mb * 1.3),
        ]
    return found


def _written(name, hosts):
    """(rows, what the command took) of a fleet."""
    with tempfile.TemporaryDirectory() as folder:
        fleet(Path(folder) / "ledger.sqlite", hosts)
        out = Path(folder) / "out"
        with out.open("wb") as file:
            took = run(nephoscope("vulnerabilities", "export", "--format", name, "--data", folder), 3_600, stdout=file)
        with out.open("rb") as file:
            rows = sum(1 for _ in file) - (name == "csv")
        if rows <= 0:
            raise RuntimeError(f"nothing was written as {name}")
        return rows, took


def fleet(path, hosts):
    """A ledger of hosts and what their packages have."""
    chance = random.Random(4)
    pool = [Package("Debian:12", f"package-{number}", "1.0") for number in range(POOL)]
    images = [chance.sample(pool, PER_HOST) for _ in range(IMAGES)]
    with open_ledger(str(path)) as ledger, ledger.write() as connection:
        for host in range(hosts):
            packages = list(chance.choice(images))
            for at in chance.sample(range(PER_HOST), PER_HOST // 20):
                packages[at] = chance.choice(pool)
            put_look(connection, Target("host", f"host-{host}"), packages, "agent", NOW)
        said = (
            (id_of(each), Vulnerability(each, f"CVE-2026-{number}", "debian", (), "1.1", "high", NOW, (), VECTOR))
            for number, each in enumerate(pool[::2])
        )
        put_vulnerabilities(connection, said)
