"""AWS::IAM::Group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._iam import Iam, attached, inline
from nephoscope.inventory.shape import pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View


class AwsIamGroup(Iam):
    """IAM groups; who belongs to one stands with the users.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GroupDetail.html
    """

    type: ClassVar[str] = "AWS::IAM::Group"
    named_by = ("groupName",)
    permissions = ("iam:GetAccountAuthorizationDetails",)
    filter, elements, found_key, id_key = "Group", "GroupDetailList", "GroupName", "GroupName"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(pick(found, "GroupName", "Path", "Arn"), observed=pick(found, "CreateDate", "GroupId"))
        draft["Policies"] = inline(found.get("GroupPolicyList"))
        draft["ManagedPolicyArns"] = attached(found.get("AttachedManagedPolicies"))
        draft.relate("uses", "AWS::IAM::ManagedPolicy", draft.configuration["ManagedPolicyArns"])
        return draft
