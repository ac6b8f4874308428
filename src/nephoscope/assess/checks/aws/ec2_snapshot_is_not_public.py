from nephoscope.assess import Fail, Pass, check


@check("AWS::EC2::Snapshot", severity="critical")
def ec2_snapshot_is_not_public(snapshot):
    """EBS snapshot is not public.

    Why: anyone with an AWS account makes a volume of it and reads the whole disk.
    Fix: remove the group "all" from its permissions; switch on block public access for snapshots.
    Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html

    >>> ec2_snapshot_is_not_public({"CreateVolumePermissions": [{"UserId": "111122223333"}]})
    Pass()
    >>> ec2_snapshot_is_not_public({"CreateVolumePermissions": [{"Group": "all"}]})
    Fail('everyone may make a volume of it')
    >>> ec2_snapshot_is_not_public({})
    Unknown('CreateVolumePermissions was not collected')
    """
    if any(permission.get("Group") == "all" for permission in snapshot.each("CreateVolumePermissions")):
        return Fail("everyone may make a volume of it")
    return Pass()
