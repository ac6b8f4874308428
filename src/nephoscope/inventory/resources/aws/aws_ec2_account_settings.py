"""AWS::EC2::AccountSettings, a type of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View


class AwsEc2AccountSettings(Reader):
    """What EC2 does by default in one region of an account: whether new volumes are encrypted.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetEbsEncryptionByDefault.html
    """

    type: ClassVar[str] = "AWS::EC2::AccountSettings"
    is_one_per_account = True
    permissions = ("ec2:GetEbsEncryptionByDefault",)

    def find(self, view: View) -> Iterator[Any]:
        yield self.get(view, view.account)

    def get(self, view: View, id: str) -> Any:
        return view.call("ec2", "GetEbsEncryptionByDefault") | {"AccountId": view.account}

    def draft(self, view: View, found: Any) -> Draft:
        return Draft({key: found[key] for key in ("AccountId", "EbsEncryptionByDefault")})

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["AccountId"]
