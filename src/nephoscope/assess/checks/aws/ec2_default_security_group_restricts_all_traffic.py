from nephoscope.assess import Fail, NotApplicable, Pass, check


@check("AWS::EC2::SecurityGroup", severity="medium")
def ec2_default_security_group_restricts_all_traffic(group):
    """VPC's default security group lets nothing in or out.

    Why: whatever is launched without a word about security groups gets this one.
    Fix: give each resource a group of its own, then remove every rule of the default group.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html

    >>> ec2_default_security_group_restricts_all_traffic(
    ...     {"GroupName": "default", "SecurityGroupIngress": [], "SecurityGroupEgress": []})
    Pass()
    >>> everything = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
    >>> ec2_default_security_group_restricts_all_traffic(
    ...     {"GroupName": "default", "SecurityGroupIngress": [], "SecurityGroupEgress": [everything]})
    Fail('1 rule lets traffic out')
    >>> ec2_default_security_group_restricts_all_traffic({"GroupName": "web"})
    NotApplicable('not a default security group')
    >>> ec2_default_security_group_restricts_all_traffic({})
    Unknown('GroupName was not collected')
    """
    if group["GroupName"] != "default":
        return NotApplicable("not a default security group")
    for rules, way in (("SecurityGroupIngress", "in"), ("SecurityGroupEgress", "out")):
        count = len(group.each(rules))
        if count:
            return Fail(f"{count} rule{'s let' if count > 1 else ' lets'} traffic {way}")
    return Pass()
