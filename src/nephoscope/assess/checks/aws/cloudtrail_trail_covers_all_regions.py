from nephoscope.assess import Fail, Pass, check


@check("AWS::CloudTrail::Trail", severity="high")
def cloudtrail_trail_covers_all_regions(trail):
    """CloudTrail trail covers every region.

    Why: attackers work in regions that nobody looks at.
    Fix: make it a multi-region trail.
    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/receive-cloudtrail-log-files-from-multiple-regions.html

    >>> cloudtrail_trail_covers_all_regions({"IsMultiRegionTrail": True})
    Pass()
    >>> cloudtrail_trail_covers_all_regions({})
    Fail('it covers one region')
    >>> cloudtrail_trail_covers_all_regions({}, {"/IsMultiRegionTrail": "AccessDenied"})
    Unknown('IsMultiRegionTrail was not collected: AccessDenied')
    """
    return Pass() if trail.flag("IsMultiRegionTrail", False) else Fail("it covers one region")
