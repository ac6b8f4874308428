from nephoscope.assess import Fail, Pass, check


@check("AWS::EC2::LaunchTemplate", severity="high")
def ec2_launch_template_requires_imdsv2(template):
    """EC2 launch template requires session tokens (IMDSv2) of those who ask an instance for its credentials.

    Why: through IMDSv1 a forged request to the instance reads its role's credentials.
    Fix: set MetadataOptions.HttpTokens to required in the launch template.
    Limits: the account's or the image's own default, where the template says nothing, is not seen here.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html

    >>> ec2_launch_template_requires_imdsv2({"LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "required"}}})
    Pass()
    >>> ec2_launch_template_requires_imdsv2({"LaunchTemplateData": {"ImageId": "ami-1"}})
    Fail('HttpTokens is not set')
    >>> ec2_launch_template_requires_imdsv2({})
    Unknown('LaunchTemplateData was not collected')
    """
    metadata = template["LaunchTemplateData"].get("MetadataOptions", {})
    tokens = metadata.get("HttpTokens") if metadata else None
    if tokens == "required" or (metadata and metadata.get("HttpEndpoint") == "disabled"):
        return Pass()
    return Fail(f"HttpTokens is {tokens or 'not set'}")
