from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.network import exposed

PORTS = {3389: "RDP"}


@check("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", severity="high")
def ec2_security_group_closes_rdp_to_internet(group):
    """Security group does not open RDP to the internet.

    Why: it is the door through which most ransomware on Windows comes.
    Fix: name the addresses that need it, or use Fleet Manager and close the port.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html

    >>> rule = {"IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389, "CidrIp": "10.0.0.0/8"}
    >>> ec2_security_group_closes_rdp_to_internet({"SecurityGroupIngress": [rule]})
    Pass()
    >>> ec2_security_group_closes_rdp_to_internet({"SecurityGroupIngress": [{**rule, "CidrIp": "0.0.0.0/0"}]})
    Fail('RDP (3389) is open to 0.0.0.0/0')
    >>> ec2_security_group_closes_rdp_to_internet({})
    Unknown('SecurityGroupIngress was not collected')
    """
    found = exposed(group, PORTS)
    return Fail(found) if found else Pass()
