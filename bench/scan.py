"""How fast packages are matched with advisories: a host against two million ranges, a fleet, the command on real feeds.

Real advisories of four feeds are multiplied: each copy has ids and package names of its own. A host has 1,500 packages,
1,200 of AlmaLinux 9 and 300 of Go, PyPI and Bitnami, four of five in the newest version that an advisory names; each
host is another. The fleet has 10,000 hosts of 200 images with 2,000 packages, of which one in twenty drifted on each.
"""

import gc
import random
import tempfile
import time
from pathlib import Path

import msgspec

from bench.figure import Figure, nephoscope, percentile, run, shared
from nephoscope.model.package import Package
from nephoscope.scan.ecosystem import place
from nephoscope.scan.fleet import Fleet
from nephoscope.scan.matcher import Index, Match
from nephoscope.scan.reading import read_advisories

FEEDS = ("osv_almalinux", "osv_bitnami", "osv_go", "osv_pypi")
RANGES = 2_000_000
HOSTS = 20
SYSTEM, LIBRARIES = 1_200, 300
FLEET, IMAGES, PER_HOST = 10_000, 200, 2_000


def figures():
    files = [shared("data") / feed / "advisories.jsonl.gz" for feed in FEEDS]
    began = time.process_time()
    advisories = list(read_advisories(files))
    read_s = time.process_time() - began
    return [
        Figure("OSV records read, gz, per CPU second", len(advisories) / read_s, "records/s"),
        *_command(files, advisories),  # before the index: a child's peak begins with what its parent holds
        *_matched(advisories),
    ]


def _matched(advisories):
    chosen = hosts(advisories, HOSTS)
    gc.collect()
    gc.freeze()  # what the measurement itself holds
    before = _memory_mb()
    began = time.process_time()
    index = multiplied(advisories)
    built_s = time.process_time() - began
    memory_mb = _memory_mb() - before
    walls, matches = [], 0
    for host in chosen:
        began = time.perf_counter()
        found = list(index.matches(host))
        walls.append((time.perf_counter() - began) * 1000)
        matches += sum(isinstance(each, Match) for each in found)
    return [
        Figure("ranges in the index", index.ranges, "", RANGES, at_least=True),
        Figure("… built: CPU", built_s, "s"),
        Figure("… resident", memory_mb, "MB"),
        Figure(f"a host of {SYSTEM + LIBRARIES:,} packages, median of {HOSTS}: wall", percentile(walls, 0.5), "ms", 20),
        Figure("… the slowest of them", max(walls), "ms"),
        Figure("… findings per host", matches / HOSTS, ""),
        *_fleet(advisories, index),
    ]


def _fleet(advisories, index):
    before = _memory_mb()
    fleet = Fleet(index)
    for host, packages in enumerate(fleet_hosts(advisories)):
        fleet.put(f"host-{host}", packages)
    memory_mb = _memory_mb() - before
    began = time.perf_counter()
    fleet.rematch(index)
    total = sum(fleet.counts().values())
    rematched_s = time.perf_counter() - began
    walls = []
    for advisory in random.Random(3).sample(advisories, 200):
        began = time.perf_counter()
        fleet.affected_by(advisory)
        walls.append((time.perf_counter() - began) * 1000)
    return [
        Figure("fleet: distinct package versions", fleet.versions, ""),
        Figure("… matched afresh and counted: wall", rematched_s, "s", 5),
        Figure("… findings counted", total, ""),
        Figure("… resident, beside the index", memory_mb, "MB", 500),
        Figure("a new advisory to the fleet's affected hosts, p95 of 200: wall", percentile(walls, 0.95), "ms", 50),
    ]


def fleet_hosts(advisories):
    """Each host's packages: those of its image, one in twenty in another version or another package."""
    chance = random.Random(2)
    system, libraries = known_versions(advisories)
    pool = [Package(*each) for each in sorted(system | libraries)]
    images = [chance.sample(pool, PER_HOST) for _ in range(IMAGES)]
    for _ in range(FLEET):
        packages = list(chance.choice(images))
        for at in chance.sample(range(PER_HOST), PER_HOST // 20):
            packages[at] = chance.choice(pool)
        yield packages


def multiplied(advisories):
    """An index with copies of the advisories, until there are enough ranges."""
    index = Index()
    copy = 0
    while index.ranges < RANGES:
        for advisory in advisories:
            index.add(renamed(advisory, copy) if copy else advisory)
        copy += 1
    return index


def renamed(advisory, copy):
    """The advisory as another one about other packages."""
    replace = msgspec.structs.replace
    affected = [
        replace(each, package=replace(each.package, name=f"{each.package.name}-{copy}"))
        for each in advisory.affected
        if each.package
    ]
    return replace(advisory, id=f"{advisory.id}-{copy}", affected=affected)


def hosts(advisories, count):
    """Packages in versions that advisories name, the fixed ones among them."""
    system, libraries = known_versions(advisories)
    chance = random.Random(1)
    return [[*_sample(chance, system, SYSTEM), *_sample(chance, libraries, LIBRARIES)] for _ in range(count)]


def known_versions(advisories):
    """(of AlmaLinux 9, of the libraries): {(ecosystem, name, version)} that the advisories name."""
    system, libraries = set(), set()
    for affected in (each for advisory in advisories for each in advisory.affected if each.package):
        ecosystem, name = affected.package.ecosystem, affected.package.name
        events = [event for each in affected.ranges or () if each.type != "GIT" for event in each.events]
        versions = {event.fixed or event.introduced for event in events} - {None, "0"}
        if ecosystem == "AlmaLinux:9":
            system |= {(ecosystem, name, version) for version in versions}
        elif not ecosystem.startswith("AlmaLinux"):
            libraries |= {(ecosystem, name, version) for version in versions}
    return system, libraries


def _sample(chance, known, count):
    """So many packages, no two of one name; four of five in the newest version that is known."""
    versions = {}
    for ecosystem, name, version in sorted(known):
        versions.setdefault((ecosystem, name), []).append(version)
    newest = {each: max(versions[each], key=lambda text, eco=each[0]: place(eco).key(text) or b"") for each in versions}
    return [
        Package(*each, newest[each] if chance.random() < 0.8 else chance.choice(versions[each]))
        for each in chance.sample(sorted(versions), count)
    ]


def _command(files, advisories):
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(folder) / "packages.jsonl"
        [host] = hosts(advisories, 1)
        packages.write_bytes(b"\n".join(msgspec.json.encode(package) for package in host))
        options = [option for file in files for option in ("--advisories", file)]
        with (Path(folder) / "out.jsonl").open("wb") as out:
            took = run(nephoscope("scan", "--packages", packages, *options), 60, stdout=out)
    return [
        Figure(f"`nephoscope scan` of a host on the four feeds ({len(advisories):,} records): CPU", took.cpu_s, "s"),
        Figure("… peak memory", took.peak_mb, "MB"),
    ]


def _memory_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
