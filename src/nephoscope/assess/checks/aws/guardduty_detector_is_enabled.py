from nephoscope.assess import Fail, Pass, check


@check("AWS::GuardDuty::Detector", severity="medium")
def guardduty_detector_is_enabled(detector):
    """GuardDuty detector is enabled.

    Why: a suspended detector looks at nothing, and says nothing.
    Fix: enable the detector.
    Limits: a region without any detector has no item, and so no verdict.
    Source: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_suspend-disable.html

    >>> guardduty_detector_is_enabled({"Enable": True})
    Pass()
    >>> guardduty_detector_is_enabled({"Enable": False})
    Fail('the detector is suspended')
    >>> guardduty_detector_is_enabled({})
    Unknown('Enable was not collected')
    """
    return Pass() if detector.flag("Enable") else Fail("the detector is suspended")
