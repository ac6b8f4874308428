import pytest

from nephoscope.assess.assessor import builtin_checks
from nephoscope.inventory.templates.reading import read
from nephoscope.model.coverage import Gap
from nephoscope.model.item import Item
from nephoscope.model.verdict import Fail, Pass

TOPIC = "Resources:\n  Alarms:\n    Type: AWS::SNS::Topic\n"


@pytest.fixture
def infra(tmp_path):
    """A folder with a template, what is none, and one that is broken."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "topic.yaml").write_text(TOPIC)
    (tmp_path / "shop" / "values.yaml").write_text("name: shop\nResources: {cpu: 1}\n")
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "broken.yaml").write_text("AWSTemplateFormatVersion: x\nResources: {a: [\n")
    return tmp_path


def test_templates_are_found_by_their_content_and_a_broken_one_stops_nothing(infra):
    found = list(read([infra]))
    [gap] = [each for each in found if isinstance(each, Gap)]
    [item] = [each for each in found if not isinstance(each, Gap)]
    assert gap.subject.startswith(f"{infra}/broken.yaml:")
    assert item.place.file == f"{infra}/shop/topic.yaml"
    assert item.place.line == 2


def test_a_file_that_is_named_has_to_be_a_template(infra):
    [gap] = read([infra / "package.json"])
    assert gap.subject == str(infra / "package.json")
    assert "neither" in gap.cause


def test_terraform_is_read_by_folder_or_by_file_with_its_line(infra):
    (infra / "main.tf").write_text('\nresource "aws_sns_topic" "t" {}\n')
    (infra / "more.tf").write_text('resource "aws_sqs_queue" "q" {}\n')
    places = [each.place for each in read([infra]) if not isinstance(each, Gap) and each.place.file.endswith(".tf")]
    assert [(place.file, place.line) for place in places] == [(f"{infra}/main.tf", 2), (f"{infra}/more.tf", 1)]
    assert [item.id for item in read([infra / "more.tf"])] == ["aws_sqs_queue.q"]


AGENT = "instance_template_installs_the_agent"
SCRIPT = """
Parameters:
  Token: {Type: String, NoEcho: true}
Resources:
  Host:
    Type: AWS::EC2::Instance
    Properties:
      UserData:
        Fn::Base64: !Sub |
          #!/bin/sh
          apt-get install -y nephoscope-agent
          echo ${Token} > /etc/nephoscope/token
  Bare:
    Type: AWS::EC2::Instance
"""
MODULE = """
variable "token" {}
resource "aws_launch_template" "t" {
  user_data = base64encode("dnf install -y nephoscope-agent; echo ${var.token}")
}
resource "aws_instance" "i" {
  launch_template { id = aws_launch_template.t.id }
}
"""


def test_whether_an_instance_would_install_the_agent_is_seen_though_its_token_is_not(tmp_path):
    (tmp_path / "hosts.yaml").write_text(SCRIPT)
    (tmp_path / "hosts.tf").write_text(MODULE)
    check = builtin_checks()[AGENT]
    verdicts = {item.id: check(item) for item in read([tmp_path]) if isinstance(item, Item)}
    assert verdicts == {
        "Host": Pass(),
        "Bare": Fail("there is no boot script"),
        "aws_launch_template.t": Pass(),
        "aws_instance.i": Pass(),
    }


ODD = """{"Resources": {
"A": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": "none", "Policies": 5, "Tags": {"a": 1}}},
"B": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"Roles": [{"Ref": "A"}, 5, null]}},
"C": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": {"Ref": "D"}}},
"D": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"SecurityGroupIngress": "x"}}}}"""


@pytest.mark.parametrize(
    "text",
    [
        "AWSTemplateFormatVersion: x\nResources: " + "[" * 100_000,
        '{"AWSTemplateFormatVersion": "x", "Resources": ' + '{"a":' * 100_000,
        '{"AWSTemplateFormatVersion": "x", "Resources": [1]}',
        "AWSTemplateFormatVersion: x\nResources: &a {b: *a}",
        '{"format_version": "1", "terraform_version": "1", "planned_values": {"root_module": [' + "[" * 100_000,
    ],
)
def test_hostile_templates_are_gaps_with_a_reason(tmp_path, text):
    (tmp_path / "t.json").write_text(text)
    [gap] = read([tmp_path])
    assert gap.subject.startswith(f"{tmp_path}/t.json")


def test_properties_of_absurd_types_are_judged_unknown_rather_than_ending_the_run(tmp_path):
    (tmp_path / "t.json").write_text(ODD)
    assert [item.id for item in read([tmp_path])] == ["A", "B", "D"]


def test_long_chains_in_terraform_end_in_unknown_rather_than_in_an_error(tmp_path):
    chain = "+".join(["1"] * 5_000)
    (tmp_path / "main.tf").write_text(f'resource "aws_sns_topic" "t" {{ kms_master_key_id = {chain} }}\n')
    [item] = read([tmp_path])
    assert list(item.not_collected) == ["/KmsMasterKeyId"]
