from nephoscope.assess import Fail, Pass, check


@check("AWS::EC2::Volume", severity="medium")
def ec2_volume_is_encrypted(volume):
    """EBS volume is encrypted.

    Why: its snapshots and copies are then of no use to whoever gets at them.
    Fix: copy a snapshot of it with encryption, and make the volume anew; switch on encryption by default.
    Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html

    >>> ec2_volume_is_encrypted({"Encrypted": True})
    Pass()
    >>> ec2_volume_is_encrypted({"Encrypted": False})
    Fail('not encrypted')
    >>> ec2_volume_is_encrypted({})
    Unknown('Encrypted was not collected')
    """
    return Pass() if volume.flag("Encrypted") else Fail("not encrypted")
