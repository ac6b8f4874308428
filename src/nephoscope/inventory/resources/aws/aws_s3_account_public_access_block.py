"""AWS::S3::AccountPublicAccessBlock, a type of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.resources.aws._s3 import public_access_block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View


class AwsS3AccountPublicAccessBlock(Reader):
    """Whether an account blocks public access to all its buckets.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetPublicAccessBlock.html
    """

    type: ClassVar[str] = "AWS::S3::AccountPublicAccessBlock"
    is_one_per_account = True
    is_global = True
    permissions = ("s3:GetAccountPublicAccessBlock",)

    def find(self, view: View) -> Iterator[Any]:
        yield self.get(view, view.account)

    def get(self, view: View, id: str) -> Any:
        absent = "NoSuchPublicAccessBlockConfiguration"
        answer = view.maybe("s3control", "GetPublicAccessBlock", absent, AccountId=view.account)
        return public_access_block(answer)

    def draft(self, view: View, found: Any) -> Draft:
        return Draft({"AccountId": view.account, **found})

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["AccountId"]
