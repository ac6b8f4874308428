"""AWS::IAM::AccountPasswordPolicy, a type of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View


class AwsIamAccountPasswordPolicy(Reader):
    """What an account asks of its users' passwords; `Exists` is false when it asks nothing of its own.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountPasswordPolicy.html
    """

    type: ClassVar[str] = "AWS::IAM::AccountPasswordPolicy"
    is_one_per_account = True
    is_global = True
    permissions = ("iam:GetAccountPasswordPolicy",)

    def find(self, view: View) -> Iterator[Any]:
        yield self.get(view, view.account)

    def get(self, view: View, id: str) -> Any:
        answer = view.maybe("iam", "GetAccountPasswordPolicy", "NoSuchEntity")
        return {"Exists": answer is not None} | plain((answer or {}).get("PasswordPolicy", {}))

    def draft(self, view: View, found: Any) -> Draft:
        return Draft({"AccountId": view.account, **found})

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["AccountId"]
