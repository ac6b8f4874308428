from nephoscope.assess import Fail, Pass, check


@check("AWS::EC2::Subnet", severity="medium")
def vpc_subnet_assigns_no_public_ip(subnet):
    """Subnet gives no public address to what is launched in it.

    Why: a machine is then on the internet although nobody said so.
    Fix: switch off MapPublicIpOnLaunch, and give addresses to those that need one.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-public-ip.html

    >>> vpc_subnet_assigns_no_public_ip({"MapPublicIpOnLaunch": False})
    Pass()
    >>> vpc_subnet_assigns_no_public_ip({"MapPublicIpOnLaunch": True})
    Fail('MapPublicIpOnLaunch is on')
    >>> vpc_subnet_assigns_no_public_ip({})
    Unknown('MapPublicIpOnLaunch was not collected')
    """
    return Fail("MapPublicIpOnLaunch is on") if subnet.flag("MapPublicIpOnLaunch") else Pass()
