"""AWS::DynamoDB::Table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View

NAMES = "TableName KeySchema AttributeDefinitions DeletionProtectionEnabled StreamSpecification"
INDEX = "IndexName KeySchema Projection"


class AwsDynamoDbTable(Reader):
    """DynamoDB tables, with point-in-time recovery.

    Limits: resource policies, time to live and replicas are not read.
    Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
    """

    type: ClassVar[str] = "AWS::DynamoDB::Table"
    named_by = ("tableName", "resourceArn")
    makes_calls = True
    permissions = (
        "dynamodb:ListTables",
        "dynamodb:DescribeTable",
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:ListTagsOfResource",
    )

    def find(self, view: View) -> Iterator[Any]:
        return view.every("dynamodb", "ListTables", "TableNames")

    def get(self, view: View, id: str) -> Any | None:
        return id if view.maybe("dynamodb", "DescribeTable", TableName=id) is not None else None

    def draft(self, view: View, found: Any) -> Draft:
        table = view.call("dynamodb", "DescribeTable", TableName=found)["Table"]
        draft = Draft(
            pick(table, NAMES, Arn="TableArn"), observed=pick(table, "TableStatus CreationDateTime ItemCount")
        )
        mode = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
        draft["BillingMode"] = mode
        if mode == "PROVISIONED":
            throughput = table.get("ProvisionedThroughput", {})
            draft["ProvisionedThroughput"] = pick(throughput, "ReadCapacityUnits WriteCapacityUnits")
        draft["SSESpecification"] = _encryption(table.get("SSEDescription"))
        draft["GlobalSecondaryIndexes"] = [pick(index, INDEX) for index in table.get("GlobalSecondaryIndexes", ())]
        with draft.part("/PointInTimeRecoverySpecification"):
            answer = view.call("dynamodb", "DescribeContinuousBackups", TableName=found)
            recovery = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
            is_on = recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
            draft["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": is_on}
        with draft.part("/Tags"):
            tags = view.every("dynamodb", "ListTagsOfResource", "Tags", ResourceArn=table["TableArn"])
            draft["Tags"] = own_tags(tags)
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["TableName"]


def _encryption(found: dict[str, Any] | None) -> dict[str, Any]:
    """Without a description a key that AWS owns encrypts the table, which CloudFormation writes as not enabled.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html
    """
    if not found or found.get("Status") not in ("ENABLED", "ENABLING", "UPDATING"):
        return {"SSEEnabled": False}
    return {"SSEEnabled": True} | pick(found, "SSEType", KMSMasterKeyId="KMSMasterKeyArn")
