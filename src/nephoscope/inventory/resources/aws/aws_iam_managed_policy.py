"""AWS::IAM::ManagedPolicy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft
from nephoscope.inventory.resources.aws._iam import Iam
from nephoscope.inventory.shape import document, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View


class AwsIamManagedPolicy(Iam):
    """The account's own managed policies, by their default version, and which `Versions` there are.

    Who has one attached stands with those.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ManagedPolicyDetail.html
    """

    type: ClassVar[str] = "AWS::IAM::ManagedPolicy"
    named_by = ("policyArn", "arn")
    permissions = ("iam:GetAccountAuthorizationDetails",)
    satellites = ("Versions",)
    filter, elements, found_key, id_key = "LocalManagedPolicy", "Policies", "Arn", "PolicyArn"

    def draft(self, view: View, found: Any) -> Draft:
        draft = Draft(
            pick(found, "Path PolicyId DefaultVersionId Description", PolicyArn="Arn"),
            observed=pick(found, "AttachmentCount", "PermissionsBoundaryUsageCount", "CreateDate", "UpdateDate"),
            arn=found["Arn"],
            name=found.get("PolicyName") or found["Arn"].rpartition("/")[2],
        )
        draft["ManagedPolicyName"] = draft.name
        draft["Versions"] = sorted(one["VersionId"] for one in found.get("PolicyVersionList", ()))
        versions = [one for one in found.get("PolicyVersionList", ()) if one.get("IsDefaultVersion")]
        if versions:
            draft["PolicyDocument"] = document(versions[0]["Document"])
        return draft
