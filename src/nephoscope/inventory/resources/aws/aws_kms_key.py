"""AWS::KMS::Key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import document, own_tags, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View

NAMES = "KeyId Arn Description Enabled KeyUsage KeySpec Origin MultiRegion"


class AwsKmsKey(Reader):
    """KMS keys of the customer, with their policy, rotation and `KeyState`; keys that AWS manages are left out.

    Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
    """

    type: ClassVar[str] = "AWS::KMS::Key"
    named_by = ("keyId", "targetKeyId", "arn")
    makes_calls = True
    satellites = ("KeyState",)
    permissions = (
        "kms:ListKeys",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListResourceTags",
    )

    def find(self, view: View) -> Iterator[Any]:
        return view.every("kms", "ListKeys", "Keys")

    def get(self, view: View, id: str) -> Any | None:
        return {"KeyId": id} if view.maybe("kms", "DescribeKey", KeyId=id) is not None else None

    def draft(self, view: View, found: Any) -> Draft | None:
        key = found["KeyId"]
        metadata = view.call("kms", "DescribeKey", KeyId=key)["KeyMetadata"]
        if metadata.get("KeyManager") == "AWS":
            return None
        draft = Draft(pick(metadata, NAMES, "KeyState"), observed=pick(metadata, "KeyState CreationDate DeletionDate"))
        with draft.part("/KeyPolicy"):
            policy = view.call("kms", "GetKeyPolicy", KeyId=key, PolicyName="default")["Policy"]
            draft["KeyPolicy"] = document(policy)
        with draft.part("/EnableKeyRotation"):
            if metadata.get("KeySpec") == "SYMMETRIC_DEFAULT" and metadata.get("Origin") == "AWS_KMS":
                rotation = view.call("kms", "GetKeyRotationStatus", KeyId=key)
                draft["EnableKeyRotation"] = rotation.get("KeyRotationEnabled")
        with draft.part("/Tags"):
            tags = view.call("kms", "ListResourceTags", KeyId=key).get("Tags", ())
            draft["Tags"] = own_tags({"Key": tag["TagKey"], "Value": tag["TagValue"]} for tag in tags)
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["KeyId"]
