from nephoscope.assess import Fail, Pass, check


@check("AWS::EFS::FileSystem", severity="medium")
def efs_file_system_is_backed_up(file_system):
    """EFS file system is backed up by itself.

    Why: what is deleted or encrypted by an intruder can then be had back.
    Fix: enable automatic backups.
    Source: https://docs.aws.amazon.com/efs/latest/ug/automatic-backups.html

    >>> efs_file_system_is_backed_up({"BackupPolicy": {"Status": "ENABLED"}})
    Pass()
    >>> efs_file_system_is_backed_up({"BackupPolicy": {"Status": "DISABLED"}})
    Fail('automatic backups are DISABLED')
    >>> efs_file_system_is_backed_up({})
    Unknown('BackupPolicy was not collected')
    """
    status = file_system["BackupPolicy"]["Status"]
    return Pass() if status in ("ENABLED", "ENABLING") else Fail(f"automatic backups are {status}")
