import pytest

from nephoscope.export.asff import asff_type


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("AWS::EC2::Instance", "AwsEc2Instance"),
        ("AWS::EC2::VPC", "AwsEc2Vpc"),
        ("AWS::S3::Bucket", "AwsS3Bucket"),
        ("AWS::IAM::ManagedPolicy", "AwsIamPolicy"),
        ("AWS::RDS::DBInstance", "AwsRdsDbInstance"),
        ("AWS::KMS::Key", "AwsKmsKey"),
        ("AWS::DynamoDB::Table", "AwsDynamoDbTable"),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "AwsElbv2LoadBalancer"),
        ("AWS::CloudTrail::Trail", "AwsCloudTrailTrail"),
        ("host", "Other"),
        ("", "Other"),
    ],
)
def test_types_are_named_as_security_hub_does(ours, theirs):
    assert asff_type(ours) == theirs
