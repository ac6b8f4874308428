from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.network import exposed

PORTS = {20: "FTP", 21: "FTP", 23: "Telnet", 110: "POP3", 143: "IMAP", 389: "LDAP", 512: "rexec", 513: "rlogin"}


@check("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", severity="medium")
def ec2_security_group_closes_cleartext_services_to_internet(group):
    """Security group does not open services that send passwords in clear text to the internet.

    Why: whoever sits in between reads the passwords.
    Fix: use the service's encrypted form, and close the port.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html

    >>> rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}
    >>> ec2_security_group_closes_cleartext_services_to_internet({"SecurityGroupIngress": [rule]})
    Pass()
    >>> telnet = {**rule, "FromPort": 23, "ToPort": 23}
    >>> ec2_security_group_closes_cleartext_services_to_internet({"SecurityGroupIngress": [telnet]})
    Fail('Telnet (23) is open to 0.0.0.0/0')
    >>> ec2_security_group_closes_cleartext_services_to_internet({})
    Unknown('SecurityGroupIngress was not collected')
    """
    found = exposed(group, PORTS)
    return Fail(found) if found else Pass()
