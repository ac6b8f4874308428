from nephoscope.assess import Fail, Pass, check


@check("AWS::EC2::Snapshot", severity="medium")
def ec2_snapshot_is_encrypted(snapshot):
    """EBS snapshot is encrypted.

    Why: an unencrypted snapshot that is shared, or stolen with one credential, shows the whole disk.
    Fix: copy it with encryption and delete the original.
    Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html

    >>> ec2_snapshot_is_encrypted({"Encrypted": True})
    Pass()
    >>> ec2_snapshot_is_encrypted({"Encrypted": False})
    Fail('not encrypted')
    >>> ec2_snapshot_is_encrypted({})
    Unknown('Encrypted was not collected')
    """
    return Pass() if snapshot.flag("Encrypted") else Fail("not encrypted")
