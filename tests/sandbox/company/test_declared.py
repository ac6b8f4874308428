import hcl2
import pytest

from nephoscope.sandbox.company.declared import STACK_REGION, TERRAFORM_REGION, source

pytestmark = pytest.mark.slow


def test_both_sources_come_with_the_package():
    assert "aws_security_group" in source("payments.tf")
    assert "AWS::SQS::Queue" in source("newsletter.yaml")


def test_terraforms_resources_stand_as_declared(company, within):
    declared = {
        (kind.strip('"'), name.strip('"'))
        for block in hcl2.loads(source("payments.tf"))["resource"]
        for kind, named in block.items()
        for name in named
    }
    assert len(declared) == 7
    production = within(company.production)
    table = production.client("dynamodb", TERRAFORM_REGION).describe_table(TableName="payments")["Table"]
    assert table["SSEDescription"]["Status"] == "ENABLED"
    queue = production.client("sqs", TERRAFORM_REGION).get_queue_url(QueueName="settlements")["QueueUrl"]
    assert queue.endswith("/settlements")


def test_one_thing_has_drifted(company, within):
    ec2 = within(company.production).client("ec2", TERRAFORM_REGION)
    [group] = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["payments"]}])["SecurityGroups"]
    live = {rule["FromPort"] for rule in group["IpPermissions"]}
    assert live == {443, 22}
    assert "from_port   = 22" not in source("payments.tf")


def test_the_stack_is_deployed(company, within):
    stack = within(company.production).client("cloudformation", STACK_REGION)
    made = stack.describe_stack_resources(StackName="newsletter")["StackResources"]
    assert len(made) == 6


def test_a_role_that_a_stack_made_is_read_back_with_its_policy(company, within):
    details = within(company.production).client("iam").get_account_authorization_details()
    [sender] = [role for role in details["RoleDetailList"] if role["RoleName"] == "newsletter-sender"]

    assert sender["RolePolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == "ses:SendEmail"
