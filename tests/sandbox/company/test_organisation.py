import pytest

from nephoscope.sandbox.company.organisation import READS
from nephoscope.sandbox.company.reach import Reach

pytestmark = pytest.mark.slow


def test_the_trail_covers_the_organisation_and_validates_its_files(company, within):
    [trail] = within(company.security).client("cloudtrail").describe_trails()["trailList"]
    assert trail["Name"] == company.trail
    assert trail["IsOrganizationTrail"]
    assert trail["IsMultiRegionTrail"]
    assert trail["LogFileValidationEnabled"]
    assert trail["S3BucketName"] == company.logs.trail_bucket


def test_the_queue_hears_of_new_log_files(company, within):
    security = within(company.security)
    security.client("s3").put_object(Bucket=company.logs.trail_bucket, Key="AWSLogs/x.json.gz", Body=b"x")
    sqs, bodies = security.client("sqs"), []
    while answer := sqs.receive_message(QueueUrl=company.logs.trail_queue_url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in answer]
    assert any("AWSLogs%2Fx.json.gz" in body for body in bodies)


def test_the_products_user_gets_into_every_account(company):
    product = Reach(company.endpoint_url, company.product)
    for account in company.accounts:
        inside = product.assume(account.role_arn(company.read_role), "nephoscope")
        arn = inside.client("sts").get_caller_identity()["Arn"]
        assert arn == f"arn:aws:sts::{account.id}:assumed-role/{company.read_role}/nephoscope"


def test_the_read_role_only_reads():
    verbs = {action.partition(":")[2].rstrip("*") for action in READS}
    assert all(verb.startswith(("Get", "List", "Describe", "Lookup", "Generate")) for verb in verbs)
