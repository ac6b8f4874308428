from nephoscope.assess import Fail, Pass, check


@check("AWS::RDS::DBInstance", severity="critical")
def rds_instance_is_not_public(instance):
    """RDS instance has no public address.

    Why: only a security group then stands between the database and the internet.
    Fix: switch off public accessibility, and reach the database from within the VPC.
    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html

    >>> rds_instance_is_not_public({"PubliclyAccessible": False})
    Pass()
    >>> rds_instance_is_not_public({"PubliclyAccessible": True})
    Fail('publicly accessible')
    >>> rds_instance_is_not_public({})
    Unknown('PubliclyAccessible was not collected')
    """
    return Fail("publicly accessible") if instance.flag("PubliclyAccessible") else Pass()
