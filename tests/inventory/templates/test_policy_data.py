import json

from nephoscope.inventory.templates.policy_data import policy_json
from nephoscope.inventory.templates.unresolved import Unresolved

STATEMENT = {
    "actions": ["s3:GetObject"],
    "resources": ["*"],
    "principals": [{"type": "AWS", "identifiers": ["*"]}],
    "condition": [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["true"]}],
}


def test_a_document_becomes_the_policys_json():
    assert json.loads(str(policy_json({"statement": [STATEMENT]}))) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": ["*"],
                "Principal": {"AWS": ["*"]},
                "Condition": {"Bool": {"aws:SecureTransport": ["true"]}},
            }
        ],
    }


def test_everybody_is_written_as_a_star():
    everybody = {**STATEMENT, "principals": [{"type": "*", "identifiers": ["*"]}], "effect": "Deny", "sid": "x"}

    [statement] = json.loads(str(policy_json({"statement": [everybody]})))["Statement"]
    assert (statement["Principal"], statement["Effect"], statement["Sid"]) == ("*", "Deny", "x")


def test_a_document_with_a_hole_or_made_of_others_is_unresolved():
    hole = Unresolved("not said")

    assert policy_json({"statement": [{**STATEMENT, "resources": [hole]}]}) == hole
    assert isinstance(policy_json({"source_policy_documents": ["{}"]}), Unresolved)
