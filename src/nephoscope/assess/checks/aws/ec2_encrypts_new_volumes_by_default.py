from nephoscope.assess import Fail, Pass, check


@check("AWS::EC2::AccountSettings", severity="medium")
def ec2_encrypts_new_volumes_by_default(settings):
    """Region encrypts new EBS volumes by default.

    Why: a volume that is made without a word about encryption is then encrypted all the same.
    Fix: switch on EBS encryption by default, in every region.
    Source: https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html

    >>> ec2_encrypts_new_volumes_by_default({"EbsEncryptionByDefault": True})
    Pass()
    >>> ec2_encrypts_new_volumes_by_default({"EbsEncryptionByDefault": False})
    Fail('encryption by default is off')
    >>> ec2_encrypts_new_volumes_by_default({})
    Unknown('EbsEncryptionByDefault was not collected')
    """
    return Pass() if settings.flag("EbsEncryptionByDefault") else Fail("encryption by default is off")
