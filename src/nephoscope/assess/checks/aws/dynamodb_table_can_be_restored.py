from nephoscope.assess import Fail, Pass, check


@check("AWS::DynamoDB::Table", severity="medium")
def dynamodb_table_can_be_restored(table):
    """DynamoDB table can be restored to any moment of the last weeks.

    Why: what is overwritten or deleted, by mistake or by an attacker, can then be had back.
    Fix: enable point-in-time recovery.
    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html

    >>> dynamodb_table_can_be_restored({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}})
    Pass()
    >>> dynamodb_table_can_be_restored({})
    Fail('point-in-time recovery is off')
    >>> dynamodb_table_can_be_restored({}, {"/PointInTimeRecoverySpecification": "AccessDenied"})
    Unknown('PointInTimeRecoverySpecification was not collected: AccessDenied')
    """
    recovery = table.get("PointInTimeRecoverySpecification")
    if recovery and recovery.flag("PointInTimeRecoveryEnabled", False):
        return Pass()
    return Fail("point-in-time recovery is off")
