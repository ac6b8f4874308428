from nephoscope.assess import Fail, Pass, check


@check("AWS::DynamoDB::Table", severity="low")
def dynamodb_table_is_encrypted_with_kms(table):
    """DynamoDB table is encrypted with a KMS key.

    Why: a key's policy is a second lock, and its use is logged; AWS's own key is neither.
    Fix: enable SSE with a KMS key.
    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html

    >>> dynamodb_table_is_encrypted_with_kms({"SSESpecification": {"SSEEnabled": True}})
    Pass()
    >>> dynamodb_table_is_encrypted_with_kms({})
    Fail('encrypted with a key that AWS owns')
    >>> dynamodb_table_is_encrypted_with_kms({}, {"/SSESpecification": "AccessDenied"})
    Unknown('SSESpecification was not collected: AccessDenied')
    """
    encryption = table.get("SSESpecification")
    if encryption and encryption.flag("SSEEnabled"):
        return Pass()
    return Fail("encrypted with a key that AWS owns")
