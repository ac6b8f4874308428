from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.network import ALL_PORTS, ingress, openings


@check("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", severity="critical")
def ec2_security_group_opens_not_all_ports_to_internet(group):
    """Security group does not open all ports to the internet.

    Why: whatever listens on the machine, now or later, is then reached by everyone.
    Fix: open the ports that the service needs, and no others.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html

    >>> rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}
    >>> ec2_security_group_opens_not_all_ports_to_internet({"SecurityGroupIngress": [rule]})
    Pass()
    >>> ec2_security_group_opens_not_all_ports_to_internet({"SecurityGroupIngress": [{**rule, "IpProtocol": "-1"}]})
    Fail('everything from 0.0.0.0/0')
    >>> ec2_security_group_opens_not_all_ports_to_internet({})
    Unknown('SecurityGroupIngress was not collected')
    """
    for opening in openings(ingress(group)):
        if len(opening.ports) >= len(ALL_PORTS) - 1:
            return Fail(str(opening))
    return Pass()
