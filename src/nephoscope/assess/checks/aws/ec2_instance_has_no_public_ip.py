from nephoscope.assess import Fail, Pass, check


@check("AWS::EC2::Instance", severity="medium")
def ec2_instance_has_no_public_ip(instance):
    """EC2 instance has no public address.

    Why: only its security groups then stand between it and the internet.
    Fix: launch it into a private subnet, and let a load balancer or a NAT gateway face the internet.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html

    >>> ec2_instance_has_no_public_ip({"NetworkInterfaces": [{"AssociatePublicIpAddress": False}]})
    Pass()
    >>> ec2_instance_has_no_public_ip({"NetworkInterfaces": [{"AssociatePublicIpAddress": True}]})
    Fail('an interface has a public address')
    >>> ec2_instance_has_no_public_ip({"PublicIp": "203.0.113.7"})
    Fail('its public address is 203.0.113.7')
    >>> ec2_instance_has_no_public_ip({"SubnetId": "subnet-1"})
    Unknown('NetworkInterfaces was not collected')
    """
    if instance.get("PublicIp"):
        return Fail(f"its public address is {instance['PublicIp']}")
    if any(interface.flag("AssociatePublicIpAddress") for interface in instance.each("NetworkInterfaces")):
        return Fail("an interface has a public address")
    return Pass()
