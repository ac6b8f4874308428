import json

import pytest

from nephoscope.inventory.templates.plan import is_plan, read_plan
from nephoscope.inventory.templates.stacks import read_planned
from nephoscope.inventory.templates.unresolved import Unresolved
from nephoscope.model.errors import SourceError


def resource(address, values, **options):
    type_ = address.split(".")[-2]
    return {"address": address, "mode": "managed", "type": type_, "values": values, **options}


def change(address, unknown):
    return {"address": address, "change": {"after_unknown": unknown}}


def expressions(address, **references):
    return {"address": address, "expressions": {name: {"references": each} for name, each in references.items()}}


PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.9.0",
    "planned_values": {
        "root_module": {
            "resources": [
                resource("aws_s3_bucket.logs", {"bucket": "logs", "acl": None}),
                resource("aws_s3_bucket_versioning.logs", {"versioning_configuration": [{"status": "Enabled"}]}),
                resource("aws_security_group.web", {"name": "web", "description": "d"}),
                resource("data.aws_x.y", {}, mode="data"),
                resource("aws_sns_topic.t", {"name": "t"}),
            ],
            "child_modules": [
                {
                    "resources": [
                        resource('module.m["a"].aws_sqs_queue.q[0]', {"name": "q"}),
                        resource('module.m["a"].aws_sqs_queue_policy.q[0]', {"policy": '{"Statement": []}'}),
                    ]
                }
            ],
        }
    },
    "resource_changes": [
        change("aws_s3_bucket.logs", {"id": True, "arn": True}),
        change("aws_s3_bucket_versioning.logs", {"bucket": True, "versioning_configuration": [{"mfa_delete": True}]}),
        change("aws_security_group.web", {"id": True, "ingress": True, "egress": True}),
        change("aws_sns_topic.t", {"kms_master_key_id": True}),
        change('module.m["a"].aws_sqs_queue_policy.q[0]', {"queue_url": True}),
    ],
    "configuration": {
        "root_module": {
            "resources": [
                expressions("aws_s3_bucket_versioning.logs", bucket=["aws_s3_bucket.logs.id", "aws_s3_bucket.logs"]),
                expressions("aws_sns_topic.t", kms_master_key_id=["data.aws_kms_key.k.arn", "data.aws_kms_key.k"]),
            ],
            "module_calls": {
                "m": {
                    "module": {
                        "resources": [
                            expressions(
                                "aws_sqs_queue_policy.q", queue_url=["aws_sqs_queue.q[0].id", "aws_sqs_queue.q"]
                            )
                        ]
                    }
                }
            },
        }
    },
}


def items(plan):
    text = json.dumps(plan, indent=1)
    assert is_plan(text)
    return {item.id: item for item in read_planned(text, "plan.json")}


def test_managed_resources_of_all_modules_are_items_and_parts_find_their_whole():
    found = items(PLAN)
    assert set(found) == {
        "aws_s3_bucket.logs",
        "aws_security_group.web",
        "aws_sns_topic.t",
        'module.m["a"].aws_sqs_queue.q[0]',
    }
    queue = found['module.m["a"].aws_sqs_queue.q[0]'].configuration
    assert queue["QueuePolicy"] == {"PolicyDocument": {"Statement": []}}
    assert found["aws_s3_bucket.logs"].configuration["VersioningConfiguration"] == {"Status": "Enabled"}


def test_what_is_known_after_apply_is_not_collected_where_the_configuration_sets_it():
    found = items(PLAN)
    assert found["aws_sns_topic.t"].not_collected == {"/KmsMasterKeyId": "it is known only after the plan is applied"}
    assert found["aws_security_group.web"].configuration["SecurityGroupIngress"] == []


def test_a_resource_is_placed_at_the_line_of_its_address():
    text = json.dumps(PLAN, indent=1)
    topic = items(PLAN)["aws_sns_topic.t"]
    assert '"aws_sns_topic.t"' in text.splitlines()[topic.place.line - 1]


def test_unknown_parts_of_blocks_and_lists_are_unknown_and_the_rest_is_known():
    plan = {
        "format_version": "1",
        "planned_values": {
            "root_module": {"resources": [resource("aws_x.y", {"block": [{"a": 1}], "list": ["p", None]})]}
        },
        "resource_changes": [change("aws_x.y", {"block": [{"b": True}], "list": [False, True]})],
        "configuration": {
            "root_module": {
                "resources": [
                    {
                        "address": "aws_x.y",
                        "expressions": {
                            "block": [{"b": {"references": ["local.z"]}}],
                            "list": {"references": ["local.z"]},
                        },
                    }
                ]
            }
        },
    }
    [found] = read_plan(json.dumps(plan), "plan.json")
    assert found.values["block"][0]["a"] == 1
    assert isinstance(found.values["block"][0]["b"], Unresolved)
    assert found.values["list"][0] == "p"
    assert isinstance(found.values["list"][1], Unresolved)


@pytest.mark.parametrize(
    ("text", "reason"),
    [('{"format_version": "1", "planned_values"', "is not JSON"), ("[]", "is no plan"), ("[" * 100_000, "is not JSON")],
)
def test_what_is_no_plan_is_refused_with_a_reason(text, reason):
    with pytest.raises(SourceError, match=reason):
        read_plan(text, "plan.json")
