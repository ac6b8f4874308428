from nephoscope.assess import Fail, Pass, check


@check("AWS::EC2::Instance", severity="high")
def ec2_instance_requires_imdsv2(instance):
    """EC2 instance gives its credentials only to requests with a session token (IMDSv2).

    Why: through IMDSv1 a forged request to the instance reads its role's credentials.
    Fix: set HttpTokens to required in the instance's metadata options.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html

    >>> ec2_instance_requires_imdsv2({"MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required"}})
    Pass()
    >>> ec2_instance_requires_imdsv2({"MetadataOptions": {"HttpEndpoint": "disabled", "HttpTokens": "optional"}})
    Pass()
    >>> ec2_instance_requires_imdsv2({"MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "optional"}})
    Fail('HttpTokens is optional')
    >>> ec2_instance_requires_imdsv2({})
    Unknown('MetadataOptions was not collected')
    """
    metadata = instance["MetadataOptions"]
    if metadata.get("HttpEndpoint", "enabled") == "disabled" or metadata["HttpTokens"] == "required":
        return Pass()
    return Fail(f"HttpTokens is {metadata['HttpTokens']}")
