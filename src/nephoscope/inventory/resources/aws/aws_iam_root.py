"""AWS::IAM::Root, a type of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.resources.aws._iam import REPORT_PERMISSIONS, moment, report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View

USED = {
    "PasswordLastUsed": "password_last_used",
    "AccessKey1LastUsed": "access_key_1_last_used_date",
    "AccessKey2LastUsed": "access_key_2_last_used_date",
}


class AwsIamRoot(Reader):
    """An account's root user: whether it has MFA and access keys, and in `observed` when it was last used.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
    """

    type: ClassVar[str] = "AWS::IAM::Root"
    is_one_per_account = True
    is_global = True
    permissions = ("iam:GetAccountSummary", *REPORT_PERMISSIONS)

    def find(self, view: View) -> Iterator[Any]:
        yield self.get(view, view.account)

    def get(self, view: View, id: str) -> Any:
        return view.call("iam", "GetAccountSummary")["SummaryMap"]

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft({"AccountId": view.account}, name="root", arn=view.arn("iam", "root", region=""))
        for key in ("AccountMFAEnabled", "AccountAccessKeysPresent"):
            draft[key] = None if key not in found else bool(found[key])
        with draft.part(*(f"/observed/{key}" for key in USED)):
            rows, _ = report(view)
            row = rows.get("<root_account>", {})
            draft.observed |= {key: used for key, column in USED.items() if (used := moment(row.get(column)))}
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["AccountId"]
