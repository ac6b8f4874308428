from nephoscope.assess import Fail, Pass, check


@check("AWS::EC2::Instance", severity="low")
def ec2_instance_has_a_profile(instance):
    """EC2 instance has a role of its own.

    Why: without one, programs on it are given long-lived keys, which leak.
    Fix: attach an instance profile with a role that allows what the programs need.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html

    >>> ec2_instance_has_a_profile({"IamInstanceProfile": "web"})
    Pass()
    >>> ec2_instance_has_a_profile({})
    Fail('no instance profile')
    >>> ec2_instance_has_a_profile({}, {"/IamInstanceProfile": "AccessDenied"})
    Unknown('IamInstanceProfile was not collected: AccessDenied')
    """
    return Pass() if instance.get("IamInstanceProfile") else Fail("no instance profile")
