from nephoscope.assess import Fail, Pass, check


@check("AWS::DynamoDB::Table", severity="low")
def dynamodb_table_is_protected_from_deletion(table):
    """DynamoDB table is protected from deletion.

    Why: a slip, or a stolen credential, then cannot delete it with one call.
    Fix: enable deletion protection.
    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html

    >>> dynamodb_table_is_protected_from_deletion({"DeletionProtectionEnabled": True})
    Pass()
    >>> dynamodb_table_is_protected_from_deletion({})
    Fail('deletion protection is off')
    >>> dynamodb_table_is_protected_from_deletion({}, {"/DeletionProtectionEnabled": "AccessDenied"})
    Unknown('DeletionProtectionEnabled was not collected: AccessDenied')
    """
    return Pass() if table.flag("DeletionProtectionEnabled", False) else Fail("deletion protection is off")
