"""AWS::IAM::AccessKey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.resources.aws._iam import REPORT_PERMISSIONS, moment, report
from nephoscope.inventory.shape import pick, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.inventory.resource import View

SLOTS = ("access_key_1", "access_key_2")


class AwsIamAccessKey(Reader):
    """Access keys of IAM users, with their age and last use in `observed`.

    A user whom the credential report of this pass shows without keys is not asked; last use is taken from the report
    where only one key can be meant.
    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
    """

    type: ClassVar[str] = "AWS::IAM::AccessKey"
    named_by = ("accessKeyId",)
    is_global = True
    makes_calls = True
    permissions = (
        *REPORT_PERMISSIONS,
        "iam:GetAccountAuthorizationDetails",
        "iam:ListAccessKeys",
        "iam:GetAccessKeyLastUsed",
    )

    def find(self, view: View) -> Iterator[Any]:
        rows, is_fresh = report(view)
        if is_fresh:
            names = [name for name, row in rows.items() if _has_key(row) and not name.startswith("<")]
        else:
            users = view.every("iam", "GetAccountAuthorizationDetails", "UserDetailList", Filter=["User"])
            names = [user["UserName"] for user in users]
        for name in names:
            keys = list(view.every("iam", "ListAccessKeys", "AccessKeyMetadata", UserName=name))
            for key in keys:
                yield key | {"used": _last_used(rows.get(name, {}), key, len(keys))}

    def get(self, view: View, id: str) -> Any | None:
        used = view.maybe("iam", "GetAccessKeyLastUsed", AccessKeyId=id)
        name = (used or {}).get("UserName")
        keys = view.every("iam", "ListAccessKeys", "AccessKeyMetadata", UserName=name) if name else ()
        return next((key for key in keys if key["AccessKeyId"] == id), None)

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, "UserName", "Status", Id="AccessKeyId"), observed=pick(found, "CreateDate"))
        draft.name = found["AccessKeyId"]
        draft.relate("is contained in", "AWS::IAM::User", found["UserName"])
        if found.get("used") is not None:
            draft.observed |= {key: value for key, value in found["used"].items() if value is not None}
            return draft
        with draft.part("/observed/LastUsedDate"):
            answer = view.call("iam", "GetAccessKeyLastUsed", AccessKeyId=found["AccessKeyId"])
            used = answer.get("AccessKeyLastUsed") or {}
            draft.observed |= pick(used, "LastUsedDate")
            draft.observed |= {} if used.get("Region") in (None, "N/A") else pick(used, "Region", "ServiceName")
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["Id"]


def _has_key(row: Mapping[str, str]) -> bool:
    return any(row.get(f"{slot}_active") == "true" or moment(row.get(f"{slot}_last_rotated")) for slot in SLOTS)


def _last_used(row: Mapping[str, str], key: Mapping[str, Any], keys: int) -> dict[str, Any] | None:
    """What the report says of a key's use; None when it may mean another key, or this one after the report."""
    slots = [slot for slot in SLOTS if moment(row.get(f"{slot}_last_rotated"))]
    created = str(plain(key.get("CreateDate")))[:19]
    mine = [slot for slot in slots if str(moment(row[f"{slot}_last_rotated"]))[:19] == created]
    if keys != len(slots) or len(mine) != 1:
        return None
    [slot] = mine
    region, service = row.get(f"{slot}_last_used_region"), row.get(f"{slot}_last_used_service")
    return {
        "LastUsedDate": moment(row.get(f"{slot}_last_used_date")),
        "Region": None if region in (None, "N/A") else region,
        "ServiceName": None if service in (None, "N/A") else service,
    }
