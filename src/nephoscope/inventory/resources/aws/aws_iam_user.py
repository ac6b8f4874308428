"""AWS::IAM::User."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._iam import REPORT_PERMISSIONS, Iam, attached, inline, moment, report
from nephoscope.inventory.shape import own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View


class AwsIamUser(Iam):
    """IAM users, with `MfaDevices` and `LoginProfile` (null: no console password); `observed` has their last use.

    Those two come from the credential report if it was made in this pass, else from two calls per user.
    """

    type: ClassVar[str] = "AWS::IAM::User"
    named_by = ("userName",)
    satellites = ("MfaDevices",)
    permissions = (
        "iam:GetAccountAuthorizationDetails",
        *REPORT_PERMISSIONS,
        "iam:GetLoginProfile",
        "iam:ListMFADevices",
    )
    makes_calls = True
    filter, elements, found_key, id_key = "User", "UserDetailList", "UserName", "UserName"

    def draft(self, view: View, found: Any) -> Draft:
        name = found["UserName"]
        draft = Draft(pick(found, "UserName", "Path", "Arn"), observed=pick(found, "CreateDate", "UserId"))
        draft["Policies"] = inline(found.get("UserPolicyList"))
        draft["ManagedPolicyArns"] = attached(found.get("AttachedManagedPolicies"))
        draft["Groups"] = sorted(found.get("GroupList", ()))
        draft["PermissionsBoundary"] = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        draft["Tags"] = own_tags(found.get("Tags"))
        row: dict[str, str] = {}
        with draft.part("/observed/PasswordLastUsed"):
            rows, is_fresh = report(view)
            row = dict(rows.get(name, {}))
            draft.observed["PasswordLastUsed"] = moment(row.get("password_last_used"))
            draft.observed["PasswordLastChanged"] = moment(row.get("password_last_changed"))
            row = row if is_fresh else {}
        _login(view, draft, name, row)
        _mfa(view, draft, name, row)
        draft.relate("is contained in", "AWS::IAM::Group", draft.configuration["Groups"])
        draft.relate("uses", "AWS::IAM::ManagedPolicy", draft.configuration["ManagedPolicyArns"])
        return draft


def _login(view: View, draft: Draft, name: str, row: dict[str, str]) -> None:
    if row.get("password_enabled") == "false":
        draft.absent("LoginProfile")
        return
    with draft.part("/LoginProfile"):
        answer = view.maybe("iam", "GetLoginProfile", "NoSuchEntity", UserName=name)
        required = answer and bool(answer["LoginProfile"].get("PasswordResetRequired", False))
        draft.known("LoginProfile", answer and {"PasswordResetRequired": required})


def _mfa(view: View, draft: Draft, name: str, row: dict[str, str]) -> None:
    if row.get("mfa_active") == "false":
        draft["MfaDevices"] = []
        return
    with draft.part("/MfaDevices"):
        devices = view.every("iam", "ListMFADevices", "MFADevices", UserName=name)
        draft["MfaDevices"] = [pick(device, "SerialNumber", "EnableDate") for device in devices]
