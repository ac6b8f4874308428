from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import public_attached


@check("AWS::ECR::Repository", severity="high")
def ecr_repository_policy_is_not_public(repository):
    """ECR repository's policy gives nothing to everyone.

    Why: anyone with an AWS account pulls the images, or pushes others.
    Fix: name the accounts or roles, or narrow the statement by organisation.
    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html

    >>> ecr_repository_policy_is_not_public({"RepositoryPolicyText": None})
    Pass()
    >>> everyone = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
    >>> ecr_repository_policy_is_not_public({"RepositoryPolicyText": {"Statement": [everyone]}})
    Fail('everyone may ecr:BatchGetImage')
    >>> ecr_repository_policy_is_not_public({})
    Unknown('RepositoryPolicyText was not collected')
    """
    public = public_attached(repository, "RepositoryPolicyText")
    return Fail(f"everyone may {public}") if public else Pass()
