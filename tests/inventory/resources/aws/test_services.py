import io
import json
import zipfile
from dataclasses import replace

import pytest
from moto import mock_aws

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.inventory.engine import readers
from nephoscope.inventory.resource import Memo, View

ROLE = "arn:aws:iam::123456789012:role/app"
EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [EVERYONE]}


@pytest.fixture(scope="module")
def estate():
    """One resource of each type, some with what an attacker would like; tests only look at it."""
    with mock_aws():
        aws = Aws((AwsAccount(id="123456789012", access_key_id="AKIAEXAMPLE", secret_access_key="secret"),))
        view = View(aws, "123456789012", "us-east-1")
        furnish(view)
        yield view


@pytest.fixture
def view(estate):
    return replace(estate, memo=Memo())


def furnish(view):
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("m.py", "def h(event, context): return 1")
    trust = {"Version": "2012-10-17", "Statement": [{**EVERYONE, "Action": "sts:AssumeRole"}]}
    del trust["Statement"][0]["Resource"]
    view.call("iam", "CreateRole", RoleName="app", AssumeRolePolicyDocument=json.dumps(trust))
    view.call("s3", "CreateBucket", Bucket="trail-bucket")
    key = view.call("kms", "CreateKey", Description="data", Policy=json.dumps(POLICY))["KeyMetadata"]["KeyId"]
    view.call("kms", "EnableKeyRotation", KeyId=key)
    view.call(
        "rds",
        "CreateDBInstance",
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="admin",
        MasterUserPassword="passw0rd!",
        PubliclyAccessible=True,
        StorageEncrypted=False,
        Tags=[{"Key": "env", "Value": "prod"}],
    )
    view.call(
        "lambda",
        "CreateFunction",
        FunctionName="resize",
        Runtime="python3.12",
        Role=ROLE,
        Handler="m.h",
        Code={"ZipFile": zipped.getvalue()},
        Environment={"Variables": {"DB_PASSWORD": "hunter2secret", "TABLE_ARN": "arn:aws:x:::t"}},
    )
    permission = {"StatementId": "open", "Action": "lambda:InvokeFunction", "Principal": "*"}
    view.call("lambda", "AddPermission", FunctionName="resize", **permission)
    view.call("cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-bucket", IsMultiRegionTrail=True)
    view.call("cloudtrail", "StartLogging", Name="main")
    vpc = {"subnetIds": ["subnet-1", "subnet-2"], "endpointPublicAccess": True}
    view.call("eks", "CreateCluster", name="k8s", roleArn=ROLE, resourcesVpcConfig=vpc)
    view.call("ecr", "CreateRepository", repositoryName="app", imageScanningConfiguration={"scanOnPush": True})
    view.call("ecr", "SetRepositoryPolicy", repositoryName="app", policyText=json.dumps(POLICY))
    topic = view.call("sns", "CreateTopic", Name="alarms")["TopicArn"]
    view.call("sns", "Subscribe", TopicArn=topic, Protocol="https", Endpoint="https://example.com/hook")
    view.call("sqs", "CreateQueue", QueueName="jobs", Attributes={"Policy": json.dumps(POLICY)})
    view.call("secretsmanager", "CreateSecret", Name="token", SecretString="hunter2")
    view.call("dynamodb", "CreateTable", **table("orders"))
    view.call("efs", "CreateFileSystem", CreationToken="f", Encrypted=True)
    view.call("logs", "CreateLogGroup", logGroupName="/app")
    view.call("guardduty", "CreateDetector", Enable=True)
    view.call("config", "PutConfigurationRecorder", ConfigurationRecorder={"name": "default", "roleARN": ROLE})
    balancer(view)


def table(name):
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }


def balancer(view):
    """A load balancer that listens on port 80, and an Auto Scaling group, in the default VPC."""
    subnets = [one["SubnetId"] for one in view.call("ec2", "DescribeSubnets")["Subnets"][:2]]
    vpc = view.call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
    arn = view.call("elbv2", "CreateLoadBalancer", Name="web", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    target = {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc}
    group = view.call("elbv2", "CreateTargetGroup", **target)["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    view.call("elbv2", "CreateListener", LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward)
    launch = {"LaunchTemplateName": "web", "LaunchTemplateData": {"ImageId": "ami-1", "InstanceType": "t3.micro"}}
    view.call("ec2", "CreateLaunchTemplate", **launch)
    view.call(
        "autoscaling",
        "CreateAutoScalingGroup",
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Latest"},
        MinSize=0,
        MaxSize=2,
        VPCZoneIdentifier=",".join(subnets),
    )


TYPES = {
    "AWS::KMS::Key": {"EnableKeyRotation": True, "KeyPolicy": POLICY, "KeyState": "Enabled"},
    "AWS::RDS::DBInstance": {"PubliclyAccessible": True, "StorageEncrypted": False, "AllocatedStorage": "20"},
    "AWS::Lambda::Function": {"Role": ROLE, "UrlConfig": None},
    "AWS::CloudTrail::Trail": {"IsLogging": True, "IsMultiRegionTrail": True, "EnableLogFileValidation": False},
    "AWS::EKS::Cluster": {"Name": "k8s", "RoleArn": ROLE},
    "AWS::ECR::Repository": {"ImageScanningConfiguration": {"ScanOnPush": True}, "RepositoryPolicyText": POLICY},
    "AWS::SNS::Topic": {"Subscription": [{"Endpoint": "https://example.com/hook", "Protocol": "https"}]},
    "AWS::SQS::Queue": {"QueuePolicy": {"PolicyDocument": POLICY}, "VisibilityTimeout": 30},
    "AWS::SecretsManager::Secret": {"Name": "token", "RotationEnabled": False, "ResourcePolicy": None},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"LoadBalancerName": "web", "Type": "application"},
    "AWS::ElasticLoadBalancingV2::TargetGroup": {"Port": 80, "TargetType": "instance"},
    "AWS::AutoScaling::AutoScalingGroup": {"MinSize": "0", "MaxSize": "2", "DesiredCapacity": "0"},
    "AWS::DynamoDB::Table": {
        "SSESpecification": {"SSEEnabled": False},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False},
    },
    "AWS::EFS::FileSystem": {"Encrypted": True, "BackupPolicy": {"Status": "DISABLED"}, "FileSystemPolicy": None},
    "AWS::Logs::LogGroup": {"RetentionInDays": None},
    "AWS::Config::ConfigurationRecorder": {"Name": "default", "Recording": False},
    "AWS::GuardDuty::Detector": {"Enable": True},
}


@pytest.mark.parametrize(("resource_type", "expected"), TYPES.items())
def test_a_resource_is_shown_in_cloudformations_shape_and_read_again_the_same(items, view, resource_type, expected):
    item = items(resource_type)[0]

    assert {key: item.configuration[key] for key in expected} == expected
    assert not item.not_collected
    assert readers()[resource_type].read(view, item.id).configuration == item.configuration


NOBODY = {
    "AWS::KMS::Key": "00000000-0000-0000-0000-000000000000",
    "AWS::SNS::Topic": "arn:aws:sns:us-east-1:123456789012:none",
    "AWS::SQS::Queue": "https://sqs.us-east-1.amazonaws.com/123456789012/none",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-abcdef",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/n/1",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/n/1",
    "AWS::EFS::FileSystem": "fs-00000000",
}


@pytest.mark.parametrize("resource_type", TYPES)
def test_a_resource_that_is_not_there_is_deleted(view, resource_type):
    assert readers()[resource_type].read(view, NOBODY.get(resource_type, "none")) is None


def test_values_of_environment_variables_are_never_kept(items):
    [function] = items("AWS::Lambda::Function")

    variables = function.configuration["Environment"]["Variables"]
    assert "hunter2" not in json.dumps(function.configuration)
    assert variables["DB_PASSWORD"].startswith("[redacted ")
    assert variables["TABLE_ARN"].startswith("arn:[redacted ")


def test_a_function_open_to_everyone_shows_it(items):
    [function] = items("AWS::Lambda::Function")

    assert function.configuration["Permissions"][0]["Principal"] == "*"


def test_a_load_balancer_has_its_listeners(items):
    [balancer] = items("AWS::ElasticLoadBalancingV2::LoadBalancer")

    assert [(one["Protocol"], one["Port"]) for one in balancer.configuration["Listeners"]] == [("HTTP", 80)]


DENIED = {
    "AWS::KMS::Key": {"GetKeyPolicy": "/KeyPolicy", "GetKeyRotationStatus": "/EnableKeyRotation"},
    "AWS::Lambda::Function": {"GetPolicy": "/Permissions", "GetFunctionUrlConfig": "/UrlConfig", "ListTags": "/Tags"},
    "AWS::CloudTrail::Trail": {"GetTrailStatus": "/IsLogging", "GetEventSelectors": "/EventSelectors"},
    "AWS::ECR::Repository": {"GetRepositoryPolicy": "/RepositoryPolicyText"},
    "AWS::SNS::Topic": {"ListSubscriptions": "/Subscription", "ListTagsForResource": "/Tags"},
    "AWS::SQS::Queue": {"ListQueueTags": "/Tags"},
    "AWS::SecretsManager::Secret": {"GetResourcePolicy": "/ResourcePolicy"},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"DescribeListeners": "/Listeners"},
    "AWS::DynamoDB::Table": {"DescribeContinuousBackups": "/PointInTimeRecoverySpecification"},
    "AWS::EFS::FileSystem": {"DescribeFileSystemPolicy": "/FileSystemPolicy", "DescribeBackupPolicy": "/BackupPolicy"},
    "AWS::Config::ConfigurationRecorder": {"DescribeConfigurationRecorderStatus": "/Recording"},
}


@pytest.mark.parametrize("resource_type", DENIED)
def test_a_denied_part_is_not_collected_and_never_a_default(items, view, denying, resource_type):
    id = items(resource_type)[0].id
    for operation, pointer in DENIED[resource_type].items():
        item = readers()[resource_type].read(denying(view, operation), id)

        assert "was denied" in item.not_collected[pointer]
        assert pointer[1:] not in item.configuration


@pytest.mark.parametrize("resource_type", TYPES)
def test_a_reader_needs_all_the_permissions_it_declares_and_no_others(view, resource_type):
    reader = readers()[resource_type]
    view.aws.used.clear()

    for found in reader.find(view):
        reader.read(view, reader.item(view, found).id)

    assert view.aws.used == set(reader.permissions)
