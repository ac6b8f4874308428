import json

from nephoscope.respond.actions.aws_log_slice import AwsLogSlice
from tests.respond.captures import PLACE, Denying, captured, missing
from tests.respond.estate import ACCOUNT, instance, role
from tests.respond.harness import Known


class Lake(Known):
    def events(self, account, *, actor="", resource="", days=7):
        return [{"actor": actor, "resource": resource, "days": days}]


def test_events_of_instance_role_and_session_and_the_flows_are_captured(aws):
    role(aws)
    made = instance(aws, profile="web")
    aws.used.clear()
    kept, told = captured(AwsLogSlice(**PLACE, instance_id=made["InstanceId"], days=3), aws, Lake(seen=[{"peer": "x"}]))
    found = {name: json.loads(content)[0] for name, content in kept.items() if name != "logs/not_captured.json"}
    assert found["logs/on_instance.json"] == {"actor": "", "resource": made["InstanceId"], "days": 3}
    assert found["logs/by_role.json"]["actor"] == f"arn:aws:iam::{ACCOUNT}:role/web"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/web/{made['InstanceId']}"
    assert found["logs/by_session.json"]["actor"] == session
    assert found["logs/flows.json"] == {"peer": "x"}
    assert told["counts"] == {"on_instance": 1, "by_role": 1, "by_session": 1, "flows": 1}
    assert list(missing(kept)) == ["logs/the last minutes"]
    assert aws.used == set(AwsLogSlice.permissions)


def test_what_cannot_be_asked_is_said(aws):
    made = instance(aws)
    kept, _ = captured(AwsLogSlice(**PLACE, instance_id=made["InstanceId"]), aws, Lake())
    assert "has no role" in missing(kept)["logs/by_role"]
    kept, _ = captured(AwsLogSlice(**PLACE, instance_id=made["InstanceId"]), Denying(aws), Lake())
    assert "logs/on_instance.json" in kept
    assert {"logs/by_role", "logs/flows"} <= set(missing(kept))
