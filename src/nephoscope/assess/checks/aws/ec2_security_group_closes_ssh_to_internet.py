from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.network import exposed

PORTS = {22: "SSH"}


@check("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", severity="high")
def ec2_security_group_closes_ssh_to_internet(group):
    """Security group does not open SSH to the internet.

    Why: the whole internet tries passwords and stolen keys on it, within minutes.
    Fix: name the addresses that need it, or use Session Manager and close the port.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html

    >>> rule = {"IpProtocol": "tcp", "FromPort": 20, "ToPort": 25, "CidrIp": "10.0.0.0/8"}
    >>> ec2_security_group_closes_ssh_to_internet({"SecurityGroupIngress": [rule]})
    Pass()
    >>> ec2_security_group_closes_ssh_to_internet({"SecurityGroupIngress": [{**rule, "CidrIp": "0.0.0.0/0"}]})
    Fail('SSH (22) is open to 0.0.0.0/0')
    >>> ec2_security_group_closes_ssh_to_internet({"IpProtocol": "-1", "CidrIpv6": "::/0"})
    Fail('SSH (22) is open to ::/0')
    >>> ec2_security_group_closes_ssh_to_internet({})
    Unknown('SecurityGroupIngress was not collected')
    """
    found = exposed(group, PORTS)
    return Fail(found) if found else Pass()
