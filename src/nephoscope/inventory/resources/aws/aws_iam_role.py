"""AWS::IAM::Role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._iam import Iam, attached, inline
from nephoscope.inventory.shape import document, own_tags, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View


class AwsIamRole(Iam):
    """IAM roles; `observed` has their last use.

    Limits: description and maximal session duration take a call per role, and are not read.
    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleDetail.html
    """

    type: ClassVar[str] = "AWS::IAM::Role"
    named_by = ("roleName",)
    permissions = ("iam:GetAccountAuthorizationDetails",)
    filter, elements, found_key, id_key = "Role", "RoleDetailList", "RoleName", "RoleName"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, "RoleName", "RoleId", "Path", "Arn"), observed=pick(found, "CreateDate"))
        draft["AssumeRolePolicyDocument"] = document(found.get("AssumeRolePolicyDocument"))
        draft["Policies"] = inline(found.get("RolePolicyList"))
        draft["ManagedPolicyArns"] = attached(found.get("AttachedManagedPolicies"))
        draft["PermissionsBoundary"] = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        draft["Tags"] = own_tags(found.get("Tags"))
        draft.observed |= pick(found.get("RoleLastUsed") or {}, "LastUsedDate", LastUsedRegion="Region")
        draft.relate("uses", "AWS::IAM::ManagedPolicy", draft.configuration["ManagedPolicyArns"])
        return draft
