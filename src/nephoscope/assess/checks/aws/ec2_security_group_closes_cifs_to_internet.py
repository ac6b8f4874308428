from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.network import exposed

PORTS = {135: "Windows RPC", 139: "NetBIOS", 445: "CIFS"}


@check("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", severity="high")
def ec2_security_group_closes_cifs_to_internet(group):
    """Security group does not open Windows file sharing to the internet.

    Why: worms spread through it.
    Fix: open the port to the networks whose machines share files, and to nothing else.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html

    >>> rule = {"IpProtocol": "tcp", "FromPort": 445, "ToPort": 445, "CidrIp": "10.0.0.0/8"}
    >>> ec2_security_group_closes_cifs_to_internet({"SecurityGroupIngress": [rule]})
    Pass()
    >>> ec2_security_group_closes_cifs_to_internet({"SecurityGroupIngress": [{**rule, "CidrIp": "0.0.0.0/0"}]})
    Fail('CIFS (445) is open to 0.0.0.0/0')
    >>> ec2_security_group_closes_cifs_to_internet({})
    Unknown('SecurityGroupIngress was not collected')
    """
    found = exposed(group, PORTS)
    return Fail(found) if found else Pass()
