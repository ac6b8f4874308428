"""A template and what is deployed from it get the same verdicts."""

import boto3
import pytest

from nephoscope.assess.assessor import Assessor
from nephoscope.inventory.templates.reading import read
from nephoscope.sandbox.company.declared import source

STACK = source("newsletter.yaml")
KEYS = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "secret"}
# moto 5.2.5 cannot list roles once a stack has made one with an inline policy.
UNREADABLE = {"AWS::IAM::Role"}
# AWS gives new buckets BucketOwnerEnforced since April 2023; moto gives them no ownership controls. Its stacks pass
# over a bucket's public access block and versioning.
OTHERWISE = {
    ("AWS::S3::Bucket", "s3_bucket_disables_acls"),
    ("AWS::S3::Bucket", "s3_bucket_blocks_public_access"),
    ("AWS::S3::Bucket", "s3_bucket_is_versioned"),
}


@pytest.fixture
def deployed(aws, items):
    """Verdicts on the stack's live resources: {(type, check): [kind, …]}."""
    boto3.client("cloudformation", "us-east-1", **KEYS).create_stack(
        StackName="newsletter", TemplateBody=STACK, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    return lambda types: verdicts(item for each in types for item in items(each) if "newsletter" in str(item))


def verdicts(found):
    assessor = Assessor()
    told = {}
    for item in found:
        for check, verdict in assessor.judge(item):
            told.setdefault((item.type, check.name), []).append(type(verdict).__name__)
    return told


@pytest.mark.slow
def test_a_stack_gets_the_verdicts_that_its_template_got(tmp_path, deployed):
    (tmp_path / "newsletter.yaml").write_text(STACK)
    declared = [item for item in read([tmp_path]) if item.type not in UNREADABLE]
    before = verdicts(declared)
    after = deployed(sorted({item.type for item in declared}))

    different = {key: (kinds, after.get(key)) for key, kinds in before.items() if kinds != after.get(key)}
    assert len(before) > 15
    assert set(different) == OTHERWISE
