from nephoscope.assess import Fail, NotApplicable, Pass, check
from nephoscope.assess.policy_document import statements

MOUNT_TARGET = "elasticfilesystem:accessedviamounttarget"


@check("AWS::EFS::FileSystem", severity="medium")
def efs_file_system_policy_is_not_public(file_system):
    """EFS file system's policy asks who mounts it, or from where.

    Why: whoever can reach a mount target reads and writes every file.
    Fix: name the roles that may mount it, or require access by mount targets.
    Limits: without a policy EFS lets in whoever reaches a mount target; its security groups decide then.
    Source: https://docs.aws.amazon.com/efs/latest/ug/access-control-block-public-access.html

    >>> everyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:ClientMount"}
    >>> by_target = {**everyone, "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}}
    >>> efs_file_system_policy_is_not_public({"FileSystemPolicy": {"Statement": [by_target]}})
    Pass()
    >>> efs_file_system_policy_is_not_public({"FileSystemPolicy": {"Statement": [everyone]}})
    Fail('everyone may elasticfilesystem:ClientMount')
    >>> efs_file_system_policy_is_not_public({"FileSystemPolicy": None})
    NotApplicable('no policy')
    >>> efs_file_system_policy_is_not_public({})
    Unknown('FileSystemPolicy was not collected')
    """
    policy = file_system["FileSystemPolicy"]
    if policy is None:
        return NotApplicable("no policy")
    for statement in statements(policy):
        if statement.is_public and not any(is_mount_target(*condition) for condition in statement.conditions()):
            return Fail(f"everyone may {statement}")
    return Pass()


def is_mount_target(operator, key, values):
    return operator == "Bool" and key.lower() == MOUNT_TARGET and [value.lower() for value in values] == ["true"]
