from nephoscope.assess import Fail, Pass, check


@check("AWS::RDS::DBInstance", "AWS::RDS::DBCluster", severity="high")
def rds_instance_is_encrypted(database):
    """RDS instance or cluster is encrypted at rest.

    Why: its storage, backups and snapshots can then be read only with the key.
    Fix: encryption is chosen at creation; copy a snapshot with encryption and restore it.
    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html

    >>> rds_instance_is_encrypted({"StorageEncrypted": True})
    Pass()
    >>> rds_instance_is_encrypted({"StorageEncrypted": False})
    Fail('not encrypted')
    >>> rds_instance_is_encrypted({})
    Unknown('StorageEncrypted was not collected')
    """
    return Pass() if database.flag("StorageEncrypted") else Fail("not encrypted")
