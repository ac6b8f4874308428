"""AWS::SecretsManager::Secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import document, own_tags, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View


class AwsSecretsManagerSecret(Reader):
    """Secrets Manager secrets, never their values, with policy (`ResourcePolicy`) and rotation; last use in `observed`.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_SecretListEntry.html
    """

    type: ClassVar[str] = "AWS::SecretsManager::Secret"
    named_by = ("secretId", "aRN", "arn")
    makes_calls = True
    satellites = ("ResourcePolicy", "RotationEnabled", "RotationRules", "RotationLambdaARN")
    permissions = ("secretsmanager:ListSecrets", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy")

    def find(self, view: View) -> Iterator[Any]:
        return view.every("secretsmanager", "ListSecrets", "SecretList", PaginationConfig={"PageSize": 100})

    def get(self, view: View, id: str) -> Any | None:
        found = view.maybe("secretsmanager", "DescribeSecret", SecretId=id)
        return None if found is None or found.get("DeletedDate") else found

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(
            pick(found, "Name Description KmsKeyId RotationRules RotationLambdaARN", Id="ARN"),
            observed=pick(found, "CreatedDate LastAccessedDate LastChangedDate LastRotatedDate NextRotationDate"),
            arn=found["ARN"],
            name=found["Name"],
        )
        draft["RotationEnabled"] = bool(found.get("RotationEnabled", False))
        draft["Tags"] = own_tags(found.get("Tags"))
        with draft.part("/ResourcePolicy"):
            policy = view.call("secretsmanager", "GetResourcePolicy", SecretId=found["ARN"]).get("ResourcePolicy")
            draft.known("ResourcePolicy", document(policy) if policy else None)
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["Id"]
