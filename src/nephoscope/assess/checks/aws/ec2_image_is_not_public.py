from nephoscope.assess import Fail, Pass, check


@check("AWS::EC2::Image", severity="high")
def ec2_image_is_not_public(image):
    """AMI is not public.

    Why: anyone with an AWS account launches it and reads what lies on its disks.
    Fix: make it private; switch on block public access for AMIs.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-intro.html

    >>> ec2_image_is_not_public({"Public": False})
    Pass()
    >>> ec2_image_is_not_public({"Public": True})
    Fail('everyone may launch it')
    >>> ec2_image_is_not_public({})
    Unknown('Public was not collected')
    """
    return Fail("everyone may launch it") if image.flag("Public") else Pass()
