"""Instances and images ─ snapshots ─► packages: what is on their disks, without an agent and without leaving anything.

1. The ledger notes the scan and its token, before anything is made.
2. Snapshots are made that bear the token, and awaited; of an image its own are read.
3. Only the blocks that are needed are read; a confined process makes packages of them.
4. The packages, what could not be seen, and that they are kept: one transaction.
5. Snapshots and grants are taken away; then the ledger forgets the scan.

Killed anywhere, the next scan of the same target goes on with what is there, or `sweep` takes it away.
"""

from __future__ import annotations

import time
from collections.abc import Callable  # noqa: TC003  a dataclass's field
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from nephoscope.agent.packages.package import Package as FoundPackage
from nephoscope.keep import keep_gaps
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import AccessDenied, CloudError, Refused
from nephoscope.model.package import Package
from nephoscope.scan.disks.confined import look_at
from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.filesystem import Note
from nephoscope.scan.disks.snapshot import Snapshot, snapshot_device
from nephoscope.scan.disks.taking import Ec2, Excluded, Taken
from nephoscope.store.disk_scans import (
    end_scan,
    get_scan,
    hold_scan,
    list_scans,
    mark_granted,
    mark_kept,
    prefix_of,
    take_scan,
)
from nephoscope.store.gaps import close_gaps, record_gaps
from nephoscope.store.packages import get_look, list_looks, put_look

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nephoscope.agent.packages.package import Found
    from nephoscope.clouds.aws import Aws
    from nephoscope.keep import Stores
    from nephoscope.scan.disks.device import BlockDevice
    from nephoscope.store.disk_scans import DiskScan
    from nephoscope.store.packages import Target

INSTANCE, IMAGE = "AWS::EC2::Instance", "AWS::EC2::Image"
AREA, LEFT = "scan", "scan left-overs"
BY = "snapshot"
HELD = timedelta(minutes=30)  # longer than one disk may be looked at
WAITS = timedelta(hours=6)  # for snapshots; the first of a large volume takes hours
GRANTED = timedelta(minutes=5)  # until a new grant is known everywhere
POLL_S = 10.0
ORPHANED = timedelta(days=1)  # no scan of anybody lives that long
SCANNED, PARTLY, EXCLUDED, FAILED, BUSY = "scanned", "partly", "excluded", "failed", "busy"
TOLD = 5  # problems named in a cause
LOST = "this process stood still for so long that another has taken the scan over"


class _Lost(Exception):  # noqa: N818 - no error of ours: whoever has it now reports
    """Another works on the scan."""


@dataclass(frozen=True)
class Outcome:
    """What came of a scan.

    state: scanned, partly (something could not be read), excluded, failed (nothing is known), busy (another is at it).
    cause: why not all; permission: the one that is missing, if that is why. notes: what may not be as it was running.
    """

    target: Target
    state: str
    packages: tuple[Package, ...] = ()
    fetched_bytes: int = 0
    cause: str = ""
    permission: str = ""
    notes: tuple[str, ...] = ()


@dataclass
class Agentless:
    """The arrow. aws_of: an account's id → AWS as the role that scans there; raises Refused where none is named.

    wait: lets seconds pass. clock: the time, aware UTC.
    """

    stores: Stores
    aws_of: Callable[[str], Aws]
    wait: Callable[[float], None] = time.sleep
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    holder: str = field(default_factory=lambda: uuid4().hex)

    def scan(self, target: Target) -> Outcome:
        """Scan an instance or an image, keep what is found as a look at it, and leave nothing behind.

        It takes as long as its snapshots do. Raises StoreError, and Stopped from `wait`: the scan is then gone on with.
        """
        now = self.clock()
        with self.stores.ledger.write() as connection:
            scan, is_mine = take_scan(connection, target, self.holder, now, now + HELD)
        if not is_mine:
            until = f"{scan.held_until:%H:%M} UTC"
            return Outcome(target, BUSY, cause=f"another scan of it is under way, or ended early: again after {until}")
        if scan.is_kept:
            outcome = Outcome(target, FAILED, cause="was scanned before, and its snapshots could not be deleted")
            return self.scan(target) if self._clean(scan) else outcome
        try:
            outcome = self._looked(scan)
        except (CloudError, DiskError, Refused) as error:
            state = EXCLUDED if isinstance(error, Excluded) else FAILED
            permission = error.permission if isinstance(error, AccessDenied) else ""
            outcome = Outcome(target, state, cause=str(error), permission=permission)
        except _Lost:
            return Outcome(target, BUSY, cause=LOST)
        if not self._keep(scan, outcome):
            return Outcome(target, BUSY, cause=LOST)
        self._clean(scan)
        return outcome

    def sweep(self, account: str, region: str) -> int:
        """Take away what scans have left that nobody works on any more; answers how many snapshots.

        Raises CloudError for what AWS refuses, Refused where nothing may be scanned.
        """
        ec2 = self._ec2(account, region)
        there = ec2.all_taken()
        now = self.clock()
        with self.stores.ledger.write() as connection:
            prefix = prefix_of(connection)
            scans = [each for each in list_scans(connection) if _is_in(each, account, region)]
            live = {each.token for each in scans if each.held_until > now}
            dead = [each.target for each in scans if each.token not in live]
            ours = [take_scan(connection, target, self.holder, now, now + HELD)[0] for target in dead]
        left = [each for each in there if each.token not in live and _is_left(each, prefix, now)]
        for snapshot in left:
            ec2.drop(snapshot)
        for scan in ours:
            if self._clean(scan) and not scan.is_kept:
                keep_gaps(self.stores, [_gap(scan.target, "its scan was interrupted, and not begun again since")])
        return len(left)

    def round(self) -> bool:
        """Sweep wherever scans have begun or ended; what AWS refuses there is a gap. Nothing more is waiting then."""
        with self.stores.ledger.read() as connection:
            looked = [each.target for each in list_looks(connection) if each.by == BY]
            begun = [each.target for each in list_scans(connection)]
        places = {(each.account, each.region) for each in [*looked, *begun]}
        for account, region in sorted(places):
            subject = Gap(LEFT, "", "", account, region)
            try:
                self.sweep(account, region)
            except (CloudError, Refused) as error:
                permission = error.permission if isinstance(error, AccessDenied) else ""
                keep_gaps(self.stores, [replace(subject, cause=str(error), permission=permission)])
            else:
                keep_gaps(self.stores, [], [subject])
        return False

    def _ec2(self, account: str, region: str) -> Ec2:
        return Ec2(self.aws_of(account), account, region)

    def _looked(self, scan: DiskScan) -> Outcome:
        """The packages of all disks. Raises CloudError, DiskError, Refused."""
        target = scan.target
        ec2 = self._ec2(target.account, target.region)
        found: list[Found] = []
        fetched = 0
        for snapshot in self._snapshots(ec2, scan):
            self._hold(scan)
            device = self._opened(ec2, scan, snapshot)
            found += look_at(device)
            fetched += device.fetched * device.block
        return replace(outcome_of(target, found), fetched_bytes=fetched)

    def _snapshots(self, ec2: Ec2, scan: DiskScan) -> list[Taken]:
        """Those of an image, or an instance's of this scan, made unless they are there; when they are complete."""
        is_image = scan.target.type == IMAGE
        if not is_image and not ec2.taken(scan.token):
            ec2.check_instance(scan.target.id)
            ec2.take(scan.target.id, scan.token)
        until = self.clock() + WAITS
        while True:
            found = ec2.of_image(scan.target.id) if is_image else ec2.taken(scan.token)
            if bad := [each for each in found if each.state == "error"]:
                raise DiskError(f"snapshot {bad[0].id} could not be made")
            if found and all(each.state == "completed" for each in found):
                return found
            if self.clock() > until:
                raise DiskError(f"its snapshots were not complete after {WAITS}")
            self.wait(POLL_S)
            self._hold(scan)

    def _opened(self, ec2: Ec2, scan: DiskScan, snapshot: Taken) -> BlockDevice:
        """A snapshot to read from; if it needs a grant, one is made, and it is tried until the grant counts."""
        place = Snapshot(snapshot.id, scan.target.account, scan.target.region)
        is_granted = bool(snapshot.key) and ec2.needs_grant(snapshot.key)
        if is_granted:
            with self.stores.ledger.write() as connection:
                mark_granted(connection, scan)
            ec2.grant(snapshot.key, scan.token)
        until = self.clock() + GRANTED
        while True:
            try:
                device = snapshot_device(ec2.aws, place)
                device.read(0, 1)
                return device
            except AccessDenied:
                if not is_granted or self.clock() > until:
                    raise
            self.wait(POLL_S)

    def _hold(self, scan: DiskScan) -> None:
        """Raises _Lost if another works on it by now, as after this machine stood still."""
        with self.stores.ledger.write() as connection:
            if not hold_scan(connection, scan, self.clock() + HELD):
                raise _Lost

    def _keep(self, scan: DiskScan, outcome: Outcome) -> bool:
        """The look and the gap, or that there is none any more, and that it is kept: at once. False if it was lost.

        A scan that failed takes nothing away from what was seen before; where there was nothing, its cause is kept.
        """
        target = scan.target
        gap = _gap(target, outcome.cause, outcome.permission)
        with self.stores.ledger.write() as connection:
            if not hold_scan(connection, scan, self.clock() + HELD):
                return False
            if outcome.packages or (outcome.state == FAILED and get_look(connection, target) is None):
                put_look(connection, target, outcome.packages, BY, self.clock(), outcome.cause)
            if outcome.cause:
                record_gaps(connection, [gap])
            closed = 0 if outcome.cause else close_gaps(connection, [gap.key])
            mark_kept(connection, scan)
        if outcome.cause:
            self.stores.listener.cannot_see(gap)
        elif closed:
            self.stores.listener.sees_again(gap)
        return True

    def _clean(self, scan: DiskScan) -> bool:
        """Delete what bears the scan's token and forget the scan; if AWS refuses that it is a gap, and tried again."""
        target = scan.target
        subject = Gap(LEFT, target.id, "", target.account, target.region)
        try:
            ec2 = self._ec2(target.account, target.region)
            for snapshot in ec2.taken(scan.token):
                ec2.drop(snapshot)
            with self.stores.ledger.read() as connection:
                now = get_scan(connection, scan.token)
            for name, key, grant in ec2.grants() if now and now.is_granted else ():
                if name == scan.token:
                    ec2.retire(key, grant)
        except (CloudError, Refused) as error:
            permission = error.permission if isinstance(error, AccessDenied) else ""
            cause = f"snapshots of its scan may be left: {error}"
            keep_gaps(self.stores, [Gap(LEFT, target.id, cause, target.account, target.region, permission)])
            return False
        with self.stores.ledger.write() as connection:
            end_scan(connection, scan)
        keep_gaps(self.stores, [], [subject])
        return True


def outcome_of(target: Target, found: Iterable[Found]) -> Outcome:
    """What readers answered as an outcome; no package at all is a failure, never an empty list."""
    packages, problems, notes = dict[Package, None](), list[str](), list[str]()
    for each in found:
        if isinstance(each, FoundPackage):
            packages[_package(each)] = None
        elif isinstance(each, Note):
            notes.append(f"{each.location} {each.cause}")
        else:
            problems.append(f"{each.location} {each.cause}".strip())
    cause = _cause(problems, packages)
    state = PARTLY if packages and cause else SCANNED if packages else FAILED
    return Outcome(target, state, tuple(packages), 0, cause, notes=tuple(notes))


def _is_in(scan: DiskScan, account: str, region: str) -> bool:
    return (scan.target.account, scan.target.region) == (account, region)


def _is_left(snapshot: Taken, prefix: str, now: datetime) -> bool:
    """Whether it is this ledger's, or so old that its scan is over whoever began it."""
    return snapshot.token.startswith(prefix) or now - snapshot.made_at > ORPHANED


def _gap(target: Target, cause: str, permission: str = "") -> Gap:
    return Gap(AREA, target.id, cause, target.account, target.region, permission)


def _cause(problems: list[str], packages: dict[Package, None]) -> str:
    """Why not all was seen; empty if it was."""
    if not problems:
        return "" if packages else "no package is in it that is known here"
    more = f"; and {len(problems) - TOLD} more" if len(problems) > TOLD else ""
    return "; ".join(problems[:TOLD]) + more


def _package(found: FoundPackage) -> Package:
    names = ("ecosystem", "name", "version", "source", "source_version", "arch", "purl", "module")
    return Package(**{name: getattr(found, name) for name in names})
