"""What schedules can do: one kind, one function that does a job of it. A new one is an entry in `KINDS` and in `DO`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nephoscope.model.coverage import Gap
from nephoscope.model.errors import Refused, SourceError, Stopped
from nephoscope.model.package import Package
from nephoscope.model.schedule import Do, Job, Kind, LooksAt, Outcome
from nephoscope.pipeline.agentless import BUSY, EXCLUDED, FAILED, PARTLY, Agentless
from nephoscope.scan.packages import read_packages
from nephoscope.scan.target import kind_of
from nephoscope.store.packages import Target, put_look

if TYPE_CHECKING:
    from collections.abc import Callable

    from nephoscope.clouds.aws import Aws
    from nephoscope.keep import Stores
    from nephoscope.pipeline.fetching import Fetching
    from nephoscope.pipeline.items import Items

LOOK_S = 0.2
PLAIN = ("PATH", "PYTHONPATH", "HOME", "LANG", "TMPDIR")  # of the environment; no secret that may stand in it
SAID = 2_000  # characters of what a look could not read
INSTANCE, AMI = "AWS::EC2::Instance", "AWS::EC2::Image"


@dataclass(frozen=True)
class Workshop:
    """What the functions work with. items: None where no account is read; folders: below which paths may be read.

    aws_of: an account's id → AWS as the role that scans disks there; fetching: of the feeds that are configured.
    """

    stores: Stores
    items: Items | None = None
    folders: tuple[Path, ...] = ()
    aws_of: Callable[[str], Aws] | None = None
    fetching: Fetching | None = None


def read_accounts(shop: Workshop, job: Job) -> Outcome:
    """Read the configuration of every account now."""
    if shop.items is None:
        raise SourceError("inventory", "no account is configured: name one under [accounts.NAME]")
    is_cut = shop.items.take(job.stops)
    return Outcome("cut short" if is_cut else "every account was read", is_paused=is_cut)


def fetch_feeds(shop: Workshop, job: Job) -> Outcome:
    """Ask the publishers of every feed that is configured, one after the other."""
    if shop.fetching is None or not shop.fetching.feeds:
        raise SourceError("advisories", "no feed is configured: name one by `feeds` under [advisories]")
    done: list[str] = [str(name) for name in job.place or ()]
    failed: list[str] = []
    for name in shop.fetching.feeds:
        if name in done:
            continue
        if job.stops():
            return Outcome("it rests", is_paused=True, place=done)
        failed += [f"{each.name}: {each.cause}" for each in shop.fetching.refresh([name]) if each.cause]
        done.append(name)
    if failed:
        raise SourceError("advisories", "; ".join(failed)[:SAID])
    return Outcome(f"{len(done)} feeds are current")


def scan_disks(shop: Workshop, job: Job) -> Outcome:
    """Scan the disks of an instance or image through snapshots, and keep its packages; nothing of it is left there."""
    if shop.aws_of is None:
        raise Refused("no account names the role that scans disks: scan_role under [accounts.NAME]")
    place = job.target
    arrow = Agentless(shop.stores, shop.aws_of, lambda seconds: _wait(job, seconds))
    try:
        found = arrow.scan(Target(place.type, place.id, place.account, place.region))
    except Stopped:
        return Outcome("it rests", is_paused=True)
    if found.state in (FAILED, BUSY):
        raise SourceError(place.id, found.cause)
    gaps = (Gap("look", place.id, found.cause, place.account, place.region),) if found.state == PARTLY else ()
    return Outcome(found.cause if found.state == EXCLUDED else f"{len(found.packages)} packages", gaps=gaps)


def _wait(job: Job, seconds: float) -> None:
    """Let time pass. Raises Stopped once the job is to rest."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if job.stops():
            raise Stopped
        time.sleep(min(LOOK_S, seconds))


def look_at_path(shop: Workshop, job: Job) -> Outcome:
    """Look at a file tree, an image or a disk on this machine, in a process of its own, and keep its packages."""
    path = Path(job.target.id)
    real = path.resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in shop.folders):
        raise Refused(f"{path} is below none of the folders that may be read: name one by `folders` under [schedules]")
    try:
        kind = kind_of(real)
    except OSError as error:
        raise SourceError(str(path), f"cannot be opened: {error.strerror}") from error
    if not kind:
        raise SourceError(str(path), "is nothing that can be looked at")
    at = datetime.now(UTC)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as told:
        code = _looked(job, real, out, told)
        if code is None:
            return Outcome("it rests", is_paused=True)
        out.seek(0)
        told.seek(0)
        found = list(read_packages(out, str(path)))
        said = told.read(SAID).decode(errors="replace").strip()
    packages = [each for each in found if isinstance(each, Package)]
    if code not in (0, 2) or (code == 2 and not packages):
        raise SourceError(str(path), said or f"the look ended with {code}")
    cause = said or "something could not be read" if code == 2 else ""
    with shop.stores.ledger.write() as connection:
        put_look(connection, Target(kind, str(path), name=path.name), packages, "schedule", at, cause)
    gaps = (Gap("look", str(path), cause),) if cause else ()
    return Outcome(f"{len(packages)} packages", gaps=gaps)


def _looked(job: Job, path: Path, out: Any, told: Any) -> int | None:
    """How the look ended; None if it was to rest meanwhile: it begins anew then."""
    command = [sys.executable, "-m", "nephoscope", "scan", "sbom", str(path), "--format", "jsonl"]
    plain = {name: os.environ[name] for name in PLAIN if name in os.environ}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=told, env=plain) as process:
        while process.poll() is None:
            if job.stops():
                process.kill()
                return None
            time.sleep(LOOK_S)
        return process.returncode


KINDS = (
    Kind("advisories", "fetches the feeds of advisories", LooksAt.WHOLE),
    Kind("inventory", "reads the configuration of every account", LooksAt.WHOLE),
    Kind("instances", "looks at the packages of instances through snapshots", LooksAt.ITEMS, (INSTANCE,)),
    Kind("images", "looks at the packages of AMIs through their snapshots", LooksAt.ITEMS, (AMI,)),
    Kind("folders", "looks at the packages of file trees, images and disks on this machine", LooksAt.PATHS),
)
DO: dict[str, Callable[[Workshop, Job], Outcome]] = {
    "advisories": fetch_feeds,
    "folders": look_at_path,
    "images": scan_disks,
    "instances": scan_disks,
    "inventory": read_accounts,
}


def doing(shop: Workshop) -> dict[str, Do]:
    """What each kind does here."""
    return {name: _bound(shop, do) for name, do in DO.items()}


def _bound(shop: Workshop, do: Callable[[Workshop, Job], Outcome]) -> Do:
    return lambda job: do(shop, job)
