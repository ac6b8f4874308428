from nephoscope.assess import Fail, Pass, check


@check("AWS::ECR::Repository", severity="medium")
def ecr_repository_tags_are_immutable(repository):
    """ECR repository's tags cannot be moved to another image.

    Why: an image that was reviewed cannot be replaced under the same name.
    Fix: set tag immutability.
    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html

    >>> ecr_repository_tags_are_immutable({"ImageTagMutability": "IMMUTABLE"})
    Pass()
    >>> ecr_repository_tags_are_immutable({})
    Fail('tags are MUTABLE')
    >>> ecr_repository_tags_are_immutable({}, {"/ImageTagMutability": "AccessDenied"})
    Unknown('ImageTagMutability was not collected: AccessDenied')
    """
    mutability = repository.get("ImageTagMutability", "MUTABLE")
    return Pass() if mutability == "IMMUTABLE" else Fail(f"tags are {mutability}")
