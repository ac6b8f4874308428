from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.network import admitted

PORTS = (22, 3389)


@check("AWS::EC2::NetworkAcl", severity="medium")
def vpc_network_acl_closes_admin_ports_to_internet(acl):
    """Network ACL does not let everyone in to SSH and RDP.

    Why: it is the second wall behind a security group that is opened by mistake.
    Fix: deny ports 22 and 3389 from 0.0.0.0/0 and ::/0 before the rule that allows the rest.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html

    >>> allow = {"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": False, "CidrBlock": "0.0.0.0/0"}
    >>> admin = {**allow, "RuleNumber": 90, "Protocol": 6, "PortRange": {"From": 22, "To": 3389}, "RuleAction": "deny"}
    >>> vpc_network_acl_closes_admin_ports_to_internet({"Entries": [allow, admin]})
    Pass()
    >>> vpc_network_acl_closes_admin_ports_to_internet({"Entries": [allow]})
    Fail('rule 100 allows port 22 from 0.0.0.0/0')
    >>> vpc_network_acl_closes_admin_ports_to_internet({})
    Unknown('Entries was not collected')
    """
    found = admitted(acl.each("Entries"), PORTS)
    return Fail(found) if found else Pass()
