from dataclasses import replace
from datetime import timedelta

import pytest

pytest.importorskip("moto")

from tests.pipeline.disk_estate import ACCOUNT, NAMES, REGION, ZONE, Clock, agentless, standing
from tests.pipeline.test_vulnerabilities import Told

from nephoscope.keep import Stores
from nephoscope.model.errors import Refused, SourceError
from nephoscope.model.finding import ResourceRef
from nephoscope.model.schedule import Job
from nephoscope.pipeline.agentless import AREA, BUSY, EXCLUDED, FAILED, HELD, LEFT, ORPHANED, SCANNED, Agentless
from nephoscope.pipeline.schedule_kinds import Workshop, scan_disks
from nephoscope.scan.disks.taking import EXCLUSION, TAG, scan_policy
from nephoscope.store.disk_scans import list_scans, prefix_of, take_scan
from nephoscope.store.gaps import list_gaps
from nephoscope.store.ledger import open_ledger
from nephoscope.store.packages import Target, get_look, ids_of, packages_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    with standing(tmp_path_factory.mktemp("estate")) as one:
        yield one


@pytest.fixture
def stores(tmp_path):
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Stores(None, ledger, Told())


def kept(stores, target):
    """The names of a target's packages, and the look."""
    with stores.ledger.read() as connection:
        look = get_look(connection, target)
        names = sorted(each.name for each in packages_of(connection, ids_of(connection, look.digest)).values())
        return names, look


def gaps(stores):
    with stores.ledger.read() as connection:
        return [each.gap for each in list_gaps(connection)]


def begun(stores):
    with stores.ledger.read() as connection:
        return list_scans(connection)


def test_an_instance_s_packages_are_a_look_at_it_and_nothing_is_left(estate, stores):
    outcome = agentless(stores, estate.allow(scan_policy())).scan(estate.target)
    assert (outcome.state, outcome.cause) == (SCANNED, "")
    assert sorted(each.name for each in outcome.packages) == NAMES
    names, look = kept(stores, estate.target)
    assert (names, look.by, look.cause) == (NAMES, "snapshot", "")
    assert 0 < outcome.fetched_bytes < 16 << 20
    assert (estate.left(), begun(stores), gaps(stores)) == ([], [], [])


def test_an_image_is_read_from_its_own_snapshots_which_stay(estate, stores):
    before = len(estate.ask("ec2", "DescribeSnapshots", OwnerIds=["self"])["Snapshots"])
    outcome = agentless(stores, estate.allow(scan_policy())).scan(estate.image_target)
    assert (outcome.state, kept(stores, estate.image_target)[0]) == (SCANNED, NAMES)
    assert len(estate.ask("ec2", "DescribeSnapshots", OwnerIds=["self"])["Snapshots"]) == before


def test_an_instance_that_says_so_is_not_scanned_and_that_is_told(estate, stores):
    estate.ask("ec2", "CreateTags", Resources=[estate.instance], Tags=estate.tagged(**{EXCLUSION: ""}))
    try:
        outcome = agentless(stores, estate.root).scan(estate.target)
    finally:
        estate.ask("ec2", "DeleteTags", Resources=[estate.instance], Tags=[{"Key": EXCLUSION}])
    assert outcome.state == EXCLUDED
    [gap] = gaps(stores)
    assert (gap.area, gap.subject, gap.account) == (AREA, estate.instance, ACCOUNT)
    assert EXCLUSION in gap.cause
    assert estate.left() == []


def test_what_was_not_scanned_is_not_known_and_takes_nothing_away(estate, stores):
    gone = Target(estate.target.type, "i-0123456789abcdef0", ACCOUNT, REGION)
    scans = agentless(stores, estate.root)
    assert scans.scan(gone).state == FAILED
    names, look = kept(stores, gone)
    assert names == []
    assert "InvalidInstanceID.NotFound" in look.cause
    scans.scan(estate.target)
    refusing = Agentless(stores, _refuse)
    outcome = refusing.scan(estate.target)
    assert (outcome.state, outcome.cause) == (FAILED, "no role")
    assert kept(stores, estate.target)[0] == NAMES
    assert {gap.subject for gap in gaps(stores) if gap.area == AREA} == {gone.id, estate.instance}
    scans.clock = Clock()
    scans.clock.ahead = HELD * 2
    scans.scan(estate.target)
    assert {gap.subject for gap in gaps(stores)} == {gone.id}


def _refuse(account):
    raise Refused("no role")


def test_two_do_not_scan_one_instance_at_once(estate, stores):
    clock = Clock()
    with stores.ledger.write() as connection:
        take_scan(connection, estate.target, "other", clock(), clock() + HELD)
    outcome = agentless(stores, estate.root, clock).scan(estate.target)
    assert (outcome.state, estate.left()) == (BUSY, [])
    clock.ahead = HELD * 2
    assert agentless(stores, estate.root, clock).scan(estate.target).state == SCANNED


def test_a_disk_that_holds_nothing_known_is_a_cause_and_no_empty_list(estate, stores, tmp_path):
    (tmp_path / "empty.img").write_bytes(bytes(1 << 20))
    volumes = estate.volumes()
    for volume in volumes:
        estate.sandbox.steer("disk", id=volume, file=str(tmp_path / "empty.img"))
    try:
        outcome = agentless(stores, estate.root).scan(estate.target)
    finally:
        for volume in volumes:
            estate.sandbox.steer("disk", id=volume, file=str(estate.disk))
    assert (outcome.state, bool(outcome.cause)) == (FAILED, True)
    assert kept(stores, estate.target)[1].cause == outcome.cause


def test_an_encrypted_disk_is_read_under_a_grant_that_is_retired(estate, stores):
    key = estate.ask("kms", "CreateKey")["KeyMetadata"]["Arn"]
    made = {"Size": 1, "AvailabilityZone": ZONE, "Encrypted": True, "KmsKeyId": key}
    volume = estate.ask("ec2", "CreateVolume", **made)["VolumeId"]
    estate.sandbox.steer("disk", id=volume, file=str(estate.disk))
    attached = {"VolumeId": volume, "InstanceId": estate.instance, "Device": "/dev/sdf"}
    estate.ask("ec2", "AttachVolume", **attached)
    policy = scan_policy()
    without = replace_statement(policy, "ScanGrant")
    try:
        granted = agentless(stores, estate.allow(policy)).scan(estate.target)
        denied = agentless(stores, estate.allow(without)).scan(estate.target)
    finally:
        estate.ask("ec2", "DetachVolume", **attached)
    assert granted.state == SCANNED
    assert (denied.state, denied.permission) == (FAILED, "kms:CreateGrant")
    assert kept(stores, estate.target)[0] == NAMES
    assert estate.ask("kms", "ListGrants", KeyId=key)["Grants"] == []
    assert estate.left() == []


def replace_statement(policy, sid):
    return policy | {"Statement": [each for each in policy["Statement"] if each["Sid"] != sid]}


def test_a_sweep_takes_what_nobody_works_on_and_nothing_else(estate, stores):
    clock = Clock()
    scans = agentless(stores, estate.root, clock)
    volume = estate.volumes()[0]

    def snapshot(**tags):
        specified = [{"ResourceType": "snapshot", "Tags": estate.tagged(**tags)}]
        return estate.ask("ec2", "CreateSnapshot", VolumeId=volume, TagSpecifications=specified)["SnapshotId"]

    with stores.ledger.write() as connection:
        live, _ = take_scan(connection, estate.target, "other", clock(), clock() + HELD)
    mine = snapshot(**{TAG: live.token})
    lost = snapshot(**{TAG: live.token[:-4] + "dead"})
    others = snapshot(**{TAG: "nephoscope-of-somebody-else"})
    alien = snapshot(Name="backup")
    assert scans.sweep(ACCOUNT, REGION) == 1
    assert set(estate.left()) == {mine, others}
    clock.ahead = HELD + timedelta(seconds=1)
    assert scans.sweep(ACCOUNT, REGION) == 1
    assert (estate.left(), begun(stores)) == ([others], [])
    assert [gap.subject for gap in gaps(stores)] == [estate.instance]
    clock.ahead = ORPHANED + timedelta(hours=1)
    assert scans.sweep(ACCOUNT, REGION) == 1
    assert estate.left() == []
    assert lost != alien
    assert estate.ask("ec2", "DescribeSnapshots", SnapshotIds=[alien])["Snapshots"]


def test_a_round_sweeps_where_scans_were_and_tells_where_it_may_not(estate, stores):
    scans = agentless(stores, estate.root)
    scans.scan(estate.target)
    with stores.ledger.read() as connection:
        prefix = prefix_of(connection)
    specified = [{"ResourceType": "snapshot", "Tags": estate.tagged(**{TAG: f"{prefix}lost"})}]
    estate.ask("ec2", "CreateSnapshot", VolumeId=estate.volumes()[0], TagSpecifications=specified)
    Agentless(stores, _refuse).round()
    assert [(gap.area, gap.cause) for gap in gaps(stores)] == [(LEFT, "no role")]
    scans.round()
    assert (estate.left(), gaps(stores)) == ([], [])


def test_snapshots_that_cannot_be_deleted_are_told_and_deleted_later(estate, stores):
    clock = Clock()
    policy = scan_policy()
    denied = estate.allow(replace_statement(policy, "ScanDeleteOwn"))
    assert agentless(stores, denied, clock).scan(estate.target).state == SCANNED
    [gap] = gaps(stores)
    assert (gap.area, gap.permission) == (LEFT, "ec2:DeleteSnapshot")
    assert len(estate.left()) > 0
    clock.ahead = HELD * 2
    assert agentless(stores, estate.allow(policy), clock).scan(estate.target).state == SCANNED
    assert (estate.left(), gaps(stores), begun(stores)) == ([], [], [])


def test_the_role_deletes_no_snapshot_that_a_scan_did_not_make(estate):
    volume = estate.volumes()[0]
    backup = estate.ask("ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"]
    role = estate.allow(scan_policy())
    with pytest.raises(Exception, match="ec2:DeleteSnapshot"):
        role.call("ec2", "DeleteSnapshot", region=REGION, SnapshotId=backup)


def test_a_look_without_an_agent_and_one_with_it_are_at_the_same_target(estate):
    assert replace(estate.target, name="web").key == estate.target.key


def test_a_schedule_has_an_instance_scanned_and_rests_when_it_is_to(estate, stores):
    shop = Workshop(stores, aws_of=agentless(stores, estate.allow(scan_policy())).aws_of)
    place = ResourceRef(estate.target.type, estate.target.id, ACCOUNT, REGION)
    job = Job("j", "r", "nightly", "instances", place)
    assert scan_disks(shop, job).note == f"{len(NAMES)} packages"
    assert kept(stores, estate.target)[0] == NAMES
    gone = replace(job, target=replace(place, id="i-0123456789abcdef0"))
    with pytest.raises(SourceError, match="NotFound"):
        scan_disks(shop, gone)
    assert (estate.left(), begun(stores)) == ([], [])
