"""EC2's parameters and answers have the shape that CloudTrail gives them."""

from nephoscope.sandbox.answer import Outcome
from nephoscope.sandbox.ec2_shape import request_parameters, response_elements
from tests.sandbox.made import call


def test_lists_are_sets_of_items():
    asked = {"InstanceIds": ["i-1"], "Filters": [{"Name": "a", "Values": ["b"]}]}
    assert request_parameters(call("ec2", "DescribeInstances", asked)) == {
        "instancesSet": {"items": [{"instanceId": "i-1"}]},
        "filterSet": {"items": [{"name": "a", "valueSet": {"items": [{"value": "b"}]}}]},
    }


def test_younger_operations_keep_the_names_that_were_sent():
    asked = {"FlowLogIds": ["fl-1"]}
    assert request_parameters(call("ec2", "DeleteFlowLogs", asked)) == {
        "DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-1"}}
    }


def test_user_data_is_not_written_into_the_log():
    asked = {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1, "UserData": "c2VjcmV0"}
    assert request_parameters(call("ec2", "RunInstances", asked))["userData"] == "<sensitiveDataRemoved>"


def test_an_empty_answer_says_that_it_is_true():
    body = b"<DeleteVpcResponse><requestId>r-1</requestId></DeleteVpcResponse>"
    assert response_elements(call("ec2", "DeleteVpc"), Outcome({}, body=body)) == {"requestId": "r-1", "_return": True}


def test_an_answers_values_have_their_types():
    body = (
        b"<CreateVpcResponse><requestId>r</requestId><vpc><vpcId>vpc-1</vpcId><isDefault>false</isDefault>"
        b"<tagSet><item><key>a</key><value>1</value></item></tagSet></vpc></CreateVpcResponse>"
    )
    vpc = response_elements(call("ec2", "CreateVpc"), Outcome({}, body=body))["vpc"]
    assert vpc == {"vpcId": "vpc-1", "isDefault": False, "tagSet": {"items": [{"key": "a", "value": "1"}]}}


def test_an_answer_that_is_no_xml_is_null():
    assert response_elements(call("ec2", "CreateVpc"), Outcome({}, body=b"<")) is None
