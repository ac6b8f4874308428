from tests.inventory.templates.mappings.terraform import items

BUCKET = """
resource "aws_s3_bucket" "logs" { bucket = "company-logs" }
resource "aws_s3_bucket_public_access_block" "logs" {
  bucket            = aws_s3_bucket.logs.id
  block_public_acls = true
}
resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.bucket
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = "company-logs"
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.key
    }
  }
}
resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode({ Statement = [{ Effect = "Deny", Resource = "${aws_s3_bucket.logs.arn}/*" }] })
}
resource "aws_s3_bucket_acl" "logs" {
  bucket = aws_s3_bucket.logs.id
  acl    = "public-read-write"
}
variable "key" {}
"""


def test_a_buckets_parts_are_gathered_whether_named_by_reference_or_by_name(tmp_path):
    [(address, bucket)] = items(tmp_path, BUCKET).items()
    configuration = bucket.configuration

    assert address == "aws_s3_bucket.logs"
    assert configuration["PublicAccessBlockConfiguration"] == {"BlockPublicAcls": True}
    assert configuration["VersioningConfiguration"] == {"Status": "Enabled"}
    assert configuration["AccessControl"] == "PublicReadWrite"
    [statement] = configuration["BucketPolicy"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == "${aws_s3_bucket.logs.arn}/*"


def test_what_is_not_known_of_a_part_is_not_known_of_the_bucket(tmp_path):
    bucket = items(tmp_path, BUCKET)["aws_s3_bucket.logs"]
    place = "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID"
    assert bucket.not_collected == {place: "the variable key has no default"}


def test_the_blocks_of_old_providers_mean_the_same(tmp_path):
    text = """resource "aws_s3_bucket" "old" {
      acl = "private"
      versioning { enabled = true }
      logging { target_bucket = "logs" }
      server_side_encryption_configuration {
        rule {
          apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
        }
      }
    }"""
    configuration = items(tmp_path, text)["aws_s3_bucket.old"].configuration
    assert configuration["VersioningConfiguration"] == {"Status": "Enabled"}
    assert configuration["LoggingConfiguration"] == {"DestinationBucketName": "logs"}
    assert configuration["AccessControl"] == "Private"


def test_a_part_that_is_made_by_unknown_blocks_does_not_become_the_default(tmp_path):
    text = """
    variable "on" {}
    resource "aws_s3_bucket" "b" {
      dynamic "versioning" {
        for_each = var.on
        content { enabled = true }
      }
    }"""
    assert "/VersioningConfiguration/Status" in items(tmp_path, text)["aws_s3_bucket.b"].not_collected
