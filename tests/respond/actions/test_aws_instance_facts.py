import json

from nephoscope.respond.actions.aws_instance_facts import AwsInstanceFacts
from tests.respond.captures import PLACE, Denying, captured, missing
from tests.respond.estate import instance, role
from tests.respond.harness import Known


class Inventory(Known):
    def item(self, type_, id_, account, region=""):
        return {"configuration": {"InstanceId": id_}, "captured_at": "2026-05-01"}


def test_an_instance_is_captured_with_network_disks_and_role(aws):
    role(aws)
    made = instance(aws, profile="web")
    aws.used.clear()
    kept, told = captured(AwsInstanceFacts(**PLACE, instance_id=made["InstanceId"]), aws, Inventory())
    names = ("instance", "interfaces", "security_groups", "route_tables", "network_acls", "subnets", "vpc", "volumes")
    assert {f"instance/{name}.json" for name in names} <= set(kept)
    assert {
        "instance/attribute-userData.json",
        "instance/role/web-inline-own.json",
        "instance/as_last_known.json",
    } <= set(kept)
    assert (
        json.loads(kept["instance/instance.json"])["Reservations"][0]["Instances"][0]["InstanceId"]
        == made["InstanceId"]
    )
    assert told["missing"] == []
    assert told["role"].endswith(":role/web")
    assert told["addresses"]
    assert aws.used <= set(AwsInstanceFacts.permissions)


def test_what_is_denied_is_said_with_the_permission_and_the_rest_is_captured(aws):
    made = instance(aws)
    action = AwsInstanceFacts(**PLACE, instance_id=made["InstanceId"])
    kept, _ = captured(action, Denying(aws, "DescribeNetworkAcls"), Inventory())
    assert "instance/network_acls.json" not in kept
    assert "instance/route_tables.json" in kept
    assert list(missing(kept)) == ["instance/network_acls"]
    assert "ec2:DescribeNetworkAcls" in kept["instance/not_captured.json"].decode()


def test_denied_everything_there_is_still_what_was_known(aws):
    kept, told = captured(AwsInstanceFacts(**PLACE, instance_id="i-0abc"), Denying(aws), Inventory())
    assert set(kept) == {"instance/as_last_known.json", "instance/not_captured.json"}
    assert told["missing"]


def test_an_instance_that_is_gone_is_said_to_be(aws):
    kept, _ = captured(AwsInstanceFacts(**PLACE, instance_id="i-00000000000000000"), aws)
    assert "InvalidInstanceID.NotFound" in missing(kept)["instance/instance"]
    assert "inventory does not know" in missing(kept)["instance/as_last_known"]
