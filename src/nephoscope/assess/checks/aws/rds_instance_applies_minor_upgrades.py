from nephoscope.assess import Fail, Pass, check


@check("AWS::RDS::DBInstance", severity="medium")
def rds_instance_applies_minor_upgrades(instance):
    """RDS instance applies minor engine upgrades by itself.

    Why: they bring the fixes for known vulnerabilities.
    Fix: switch on automatic minor version upgrades.
    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Upgrading.html

    >>> rds_instance_applies_minor_upgrades({"AutoMinorVersionUpgrade": True})
    Pass()
    >>> rds_instance_applies_minor_upgrades({"AutoMinorVersionUpgrade": False})
    Fail('AutoMinorVersionUpgrade is off')
    >>> rds_instance_applies_minor_upgrades({})
    Unknown('AutoMinorVersionUpgrade was not collected')
    """
    return Pass() if instance.flag("AutoMinorVersionUpgrade") else Fail("AutoMinorVersionUpgrade is off")
