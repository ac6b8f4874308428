from nephoscope.assess import Fail, Pass, check


@check("AWS::EFS::FileSystem", severity="medium")
def efs_file_system_is_encrypted(file_system):
    """EFS file system is encrypted at rest.

    Why: whoever gets at the storage, or at a copy of it, reads the files.
    Fix: encryption is chosen at creation; create an encrypted file system and move the data.
    Source: https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html

    >>> efs_file_system_is_encrypted({"Encrypted": True})
    Pass()
    >>> efs_file_system_is_encrypted({"Encrypted": False})
    Fail('not encrypted')
    >>> efs_file_system_is_encrypted({})
    Unknown('Encrypted was not collected')
    """
    return Pass() if file_system.flag("Encrypted") else Fail("not encrypted")
