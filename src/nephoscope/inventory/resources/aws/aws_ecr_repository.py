"""AWS::ECR::Repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Described, Draft
from nephoscope.inventory.shape import document, own_tags, pascal, pick

if TYPE_CHECKING:
    from nephoscope.inventory.resource import View


class AwsEcrRepository(Described):
    """ECR repositories, with their policy.

    Limits: lifecycle policies are not read.
    Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html
    """

    type: ClassVar[str] = "AWS::ECR::Repository"
    named_by = ("repositoryName", "resourceArn")
    makes_calls = True
    permissions = ("ecr:DescribeRepositories", "ecr:GetRepositoryPolicy", "ecr:ListTagsForResource")
    service, operation, elements, by = "ecr", "DescribeRepositories", "repositories", "repositoryNames"

    def draft(self, view: View, found: Any) -> Draft:
        name = found["repositoryName"]
        shown = pascal(found)
        draft = Draft(
            pick(
                shown, "RepositoryName RepositoryUri ImageTagMutability ImageScanningConfiguration", Arn="RepositoryArn"
            ),
            observed=pick(shown, "CreatedAt"),
        )
        draft["EncryptionConfiguration"] = pick(shown.get("EncryptionConfiguration", {}), "EncryptionType KmsKey")
        with draft.part("/RepositoryPolicyText"):
            policy = view.maybe("ecr", "GetRepositoryPolicy", "RepositoryPolicyNotFoundException", repositoryName=name)
            draft.known("RepositoryPolicyText", policy and document(policy["policyText"]))
        with draft.part("/Tags"):
            tags = view.call("ecr", "ListTagsForResource", resourceArn=found["repositoryArn"])
            draft["Tags"] = own_tags(tags.get("tags"))
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["RepositoryName"]
