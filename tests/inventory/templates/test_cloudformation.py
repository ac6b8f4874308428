import pytest

from nephoscope.inventory.templates.cloudformation import coerced, is_template, read
from nephoscope.model.errors import SourceError

TEMPLATE = """\
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Open: {Type: String, Default: 0.0.0.0/0}
  Key: {Type: String}
  Ports: {Type: CommaDelimitedList, Default: "22, 80"}
Conditions:
  Never: !Equals [a, b]
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: "22", ToPort: 22, CidrIp: !Ref Open}
  Volume:
    Type: AWS::EC2::Volume
    Properties: {Encrypted: "true", KmsKeyId: !Ref Key, Tags: [{Key: a, Value: "true"}]}
  Skipped:
    Type: AWS::EC2::Volume
    Condition: Never
  Odd: 3
"""


def test_resources_are_read_with_their_lines_and_what_is_not_known():
    found, gaps = read(TEMPLATE, "t.yaml")
    by_id = {each.id: each for each in found}

    assert list(by_id) == ["Group", "Volume"]
    assert [by_id[name].line for name in by_id] == [9, 14]
    assert by_id["Group"].properties["SecurityGroupIngress"] == [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    ]
    assert by_id["Volume"].properties == {"Encrypted": True, "Tags": [{"Key": "a", "Value": "true"}]}
    assert by_id["Volume"].not_collected == {"/KmsKeyId": "the parameter Key has no default"}
    assert [gap.subject for gap in gaps] == ["t.yaml:20"]


def test_policies_and_variables_keep_their_text():
    policy = {"PolicyDocument": {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, "Port": "443"}

    assert coerced(policy) == {**policy, "Port": 443}


@pytest.mark.parametrize("text", ["[]", "a: 1", "Resources: []", "just text"])
def test_what_is_no_template_is_refused(text):
    with pytest.raises(SourceError, match="has no Resources"):
        read(text, "t.yaml")


def test_templates_are_told_from_other_documents_by_content():
    assert is_template({"Resources": {"A": {"Type": "AWS::S3::Bucket"}}})
    assert not is_template({"Resources": {"A": {"Type": "thing"}}})
    assert not is_template({"apiVersion": "v1", "kind": "Pod"})
    assert not is_template([1])
