from datetime import UTC, datetime, timedelta

import pyarrow as pa

from nephoscope.model.item import Item, Relationship
from nephoscope.store.events import insert_events
from nephoscope.store.items import Revision, digest_of, insert_revisions
from nephoscope.store.known import Known

NOW = datetime.now(UTC).replace(microsecond=0)
ACCOUNT = "111111111111"
INSTANCE = Item("AWS::EC2::Instance", "i-1", ACCOUNT, "eu-west-1", {"InstanceId": "i-1"}, tags={"team": "core"})


def test_a_resource_is_known_as_last_read_until_it_is_deleted(lake):
    known = Known(lake)
    assert known.item("AWS::EC2::Instance", "i-1", ACCOUNT, "eu-west-1") is None
    insert_revisions(lake, [Revision(INSTANCE, digest_of(INSTANCE), NOW)], "a")
    found = known.item("AWS::EC2::Instance", "i-1", ACCOUNT, "eu-west-1")
    assert (found["configuration"], found["tags"]) == ({"InstanceId": "i-1"}, {"team": "core"})
    assert len(known.history(INSTANCE.key)) == 1
    gone = Revision(INSTANCE, "", NOW + timedelta(hours=1), is_deleted=True)
    insert_revisions(lake, [gone], "b")
    assert known.item("AWS::EC2::Instance", "i-1", ACCOUNT, "eu-west-1") is None


def test_what_names_a_resource_depends_on_it(lake):
    group = Item(
        "AWS::ELB", "web", ACCOUNT, "eu-west-1", {}, relationships=(Relationship("uses", INSTANCE.type, "i-1"),)
    )
    insert_revisions(lake, [Revision(each, digest_of(each), NOW) for each in (INSTANCE, group)], "a")
    [found] = Known(lake).dependents(INSTANCE.type, "i-1", ACCOUNT)
    assert (found["type"], found["id"]) == ("AWS::ELB", "web")
    assert Known(lake).dependents(INSTANCE.type, "i-1", "222222222222") == []


def flow(uid, src, dst, port, size, verdict="ACCEPT"):
    return {
        "time": NOW,
        "metadata.uid": uid,
        "metadata.log_name": "aws_vpc_flow",
        "class_uid": 4001,
        "cloud.account.uid": ACCOUNT,
        "src_endpoint.ip": src,
        "dst_endpoint.ip": dst,
        "dst_endpoint.port": port,
        "traffic.bytes": size,
        "disposition": verdict,
    }


def test_peers_are_told_by_direction_port_and_bytes(lake):
    rows = [
        flow("1", "10.0.0.1", "9.9.9.9", 443, 100),
        flow("2", "10.0.0.1", "9.9.9.9", 443, 50),
        flow("3", "8.8.8.8", "10.0.0.1", 22, 10),
        flow("4", "7.7.7.7", "10.0.0.1", 22, 10, "REJECT"),
        flow("5", "10.0.0.2", "9.9.9.9", 443, 999),
    ]
    kinds = {"class_uid": pa.uint32(), "dst_endpoint.port": pa.uint16(), "traffic.bytes": pa.uint64()}
    table = pa.table({name: pa.array([row[name] for row in rows], kinds.get(name)) for name in rows[0]})
    insert_events(lake, table, "flows")
    found = Known(lake).flows(ACCOUNT, ["10.0.0.1"])
    assert [(row["peer"], row["port"], row["direction"], row["bytes"], row["flows"]) for row in found] == [
        ("9.9.9.9", 443, "out", 150, 2),
        ("8.8.8.8", 22, "in", 10, 1),
    ]
    assert Known(lake).flows(ACCOUNT, []) == []


def test_events_are_found_by_actor_and_by_resource_and_by_neither_none(lake):
    table = pa.table(
        {
            "time": pa.array([NOW, NOW - timedelta(days=1), NOW - timedelta(days=30)], pa.timestamp("ms", "UTC")),
            "metadata.uid": ["a", "b", "c"],
            "metadata.log_name": ["aws_cloudtrail"] * 3,
            "cloud.account.uid": [ACCOUNT] * 3,
            "actor.user.credential_uid": ["AKIA1", "AKIA2", "AKIA1"],
            "api.request.data": ['{"instancesSet":{"items":[{"instanceId":"i-1"}]}}', None, None],
            "resource_uids": pa.array([[], ["arn:x"], []], pa.list_(pa.string())),
        }
    )
    insert_events(lake, table, "calls")
    known = Known(lake)

    def uids(**asked):
        return [row["metadata.uid"] for row in known.events(ACCOUNT, **asked)]

    assert uids(actor="AKIA1") == ["a"]
    assert uids(actor="AKIA1", days=60) == ["a", "c"]
    assert uids(resource="i-1") == ["a"]
    assert uids(resource="arn:x") == ["b"]
    assert uids() == []
    assert uids(resource="' OR 1 = 1 --") == []
