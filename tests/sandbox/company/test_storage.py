import pytest

from nephoscope.sandbox.company.storage import BUCKETS, LEAK

pytestmark = pytest.mark.slow


def test_good_and_bad_buckets_are_mixed():
    rows = [row for rows in BUCKETS.values() for row in rows]
    assert {row[2] for row in rows} == {True, False}
    assert {row[3] for row in rows} == {"tls", "public", "acl", ""}


def test_a_key_lies_open_in_the_build_cache(company, within):
    s3 = within(company.development).client("s3")
    text = s3.get_object(Bucket=company.public_cache, Key=LEAK)["Body"].read().decode()
    assert company.program_keys["development/ci-build"].access_key_id in text
    assert "PublicRead" in s3.get_bucket_policy(Bucket=company.public_cache)["Policy"]


def test_customers_data_is_kept_well(company, within):
    s3 = within(company.production).client("s3")
    bucket = company.customer_bucket.replace("customer-exports", "invoices")
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_databases_differ(company, within):
    instances = within(company.production).client("rds").describe_db_instances()["DBInstances"]
    assert {each["DBInstanceIdentifier"]: each["StorageEncrypted"] for each in instances} == {
        "orders": True,
        "reporting": False,
    }
