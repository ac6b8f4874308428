from nephoscope.assess import Fail, NotApplicable, Pass, check


@check("AWS::RDS::DBInstance", severity="low")
def rds_instance_is_in_several_zones(instance):
    """RDS instance has a standby in another availability zone.

    Why: the database outlives the loss of a data centre.
    Fix: switch on Multi-AZ.
    Limits: an instance of a cluster is one of several anyway.
    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.html

    >>> rds_instance_is_in_several_zones({"MultiAZ": True})
    Pass()
    >>> rds_instance_is_in_several_zones({"MultiAZ": False})
    Fail('in one availability zone')
    >>> rds_instance_is_in_several_zones({"DBClusterIdentifier": "orders"})
    NotApplicable('the instance belongs to a cluster')
    >>> rds_instance_is_in_several_zones({})
    Unknown('MultiAZ was not collected')
    """
    if instance.get("DBClusterIdentifier"):
        return NotApplicable("the instance belongs to a cluster")
    return Pass() if instance.flag("MultiAZ") else Fail("in one availability zone")
