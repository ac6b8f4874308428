"""A small account for the tests of actions: an instance that serves requests, its role, a user, what is exposed."""

import json

ACCOUNT = "123456789012"
REGION = "us-east-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}


def place(aws):
    """The one account that is reached, and the region."""
    return aws.account_ids()[0], REGION


def ask(aws, service, operation, **params):
    return aws.call(service, operation, region=REGION, **params)


def network(aws):
    """A VPC with a subnet; returns their ids."""
    vpc = ask(aws, "ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ask(aws, "ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    return vpc, subnet


def group(aws, vpc, name):
    return ask(aws, "ec2", "CreateSecurityGroup", GroupName=name, Description=name, VpcId=vpc)["GroupId"]


def role(aws, name="web", policy=READ):
    """A role for instances, with a profile of its name."""
    ask(aws, "iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    ask(aws, "iam", "PutRolePolicy", RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    ask(aws, "iam", "CreateInstanceProfile", InstanceProfileName=name)
    ask(aws, "iam", "AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=name)


def instance(aws, profile=""):
    """A running instance with two interfaces, in the groups web and db; moto heeds interfaces' groups only."""
    vpc, subnet = network(aws)
    web, db = group(aws, vpc, "web"), group(aws, vpc, "db")
    image = ask(aws, "ec2", "RegisterImage", Name="base", RootDeviceName="/dev/sda1")["ImageId"]
    cards = [
        {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [web, db], "DeleteOnTermination": True},
        {"DeviceIndex": 1, "SubnetId": subnet, "Groups": [db], "DeleteOnTermination": True},
    ]
    more = {"IamInstanceProfile": {"Name": profile}} if profile else {}
    launch = {"InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "NetworkInterfaces": cards, **more}
    return ask(aws, "ec2", "RunInstances", ImageId=image, **launch)["Instances"][0]


def instance_of(aws, instance_id):
    return ask(aws, "ec2", "DescribeInstances", InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]


def terminate(aws, instance_id):
    for attribute in ("DisableApiTermination", "DisableApiStop"):
        ask(aws, "ec2", "ModifyInstanceAttribute", InstanceId=instance_id, **{attribute: {"Value": False}})
    ask(aws, "ec2", "TerminateInstances", InstanceIds=[instance_id])


def leftovers(aws, token):
    """Everything in the account that bears a step's token; moto keeps the tags of groups that were deleted."""
    groups = ask(aws, "ec2", "DescribeSecurityGroups")["SecurityGroups"]
    tags = ask(aws, "ec2", "DescribeTags")["Tags"]
    found = [each["GroupId"] for each in groups if each["GroupName"] == token]
    found += [
        f"{each['ResourceId']} {each['Key']}"
        for each in tags
        if each["Value"] == token and each["ResourceType"] != "security-group"
    ]
    for kind, key in (("Role", "Roles"), ("User", "Users")):
        for each in ask(aws, "iam", f"List{kind}s")[key]:
            name = each[f"{kind}Name"]
            names = ask(aws, "iam", f"List{kind}Policies", **{f"{kind}Name": name})["PolicyNames"]
            found += [f"{name} {policy}" for policy in names if policy == token]
    return found
