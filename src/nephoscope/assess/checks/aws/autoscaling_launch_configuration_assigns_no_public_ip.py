from nephoscope.assess import Fail, Pass, check


@check("AWS::AutoScaling::LaunchConfiguration", severity="medium")
def autoscaling_launch_configuration_assigns_no_public_ip(configuration):
    """Launch configuration gives its instances no public address.

    Why: only their security groups then stand between them and the internet.
    Fix: set AssociatePublicIpAddress to false, and let a load balancer face the internet.
    Limits: where it says nothing, the subnet decides; that is taken for a yes.
    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-configurations.html

    >>> autoscaling_launch_configuration_assigns_no_public_ip({"AssociatePublicIpAddress": False})
    Pass()
    >>> autoscaling_launch_configuration_assigns_no_public_ip({"AssociatePublicIpAddress": True})
    Fail('AssociatePublicIpAddress is on')
    >>> autoscaling_launch_configuration_assigns_no_public_ip({})
    Fail('the subnet decides')
    >>> autoscaling_launch_configuration_assigns_no_public_ip({}, {"/AssociatePublicIpAddress": "AccessDenied"})
    Unknown('AssociatePublicIpAddress was not collected: AccessDenied')
    """
    if "AssociatePublicIpAddress" not in configuration:
        return Fail("the subnet decides")
    return Fail("AssociatePublicIpAddress is on") if configuration.flag("AssociatePublicIpAddress") else Pass()
