from tests.inventory.templates.mappings.terraform import items


def test_a_database_has_the_providers_defaults(tmp_path):
    database = items(tmp_path, 'resource "aws_db_instance" "d" { multi_az = true }')["aws_db_instance.d"].configuration
    assert (database["PubliclyAccessible"], database["BackupRetentionPeriod"]) == (False, 0)
    assert database["MultiAZ"] is True


def test_a_password_does_not_become_part_of_the_item(tmp_path):
    text = 'resource "aws_db_instance" "d" { password = "hunter2hunter2" }'
    assert "hunter2" not in str(items(tmp_path, text))


def test_a_clusters_instance_leaves_encryption_to_the_cluster(tmp_path):
    text = 'resource "aws_rds_cluster_instance" "i" { cluster_identifier = "c" }'
    assert items(tmp_path, text)["aws_rds_cluster_instance.i"].not_collected["/StorageEncrypted"]


def test_a_table_and_a_file_system_have_their_parts(tmp_path):
    text = """
    resource "aws_dynamodb_table" "t" {
      point_in_time_recovery { enabled = true }
    }
    resource "aws_efs_file_system" "f" { encrypted = true }
    resource "aws_efs_backup_policy" "b" {
      file_system_id = aws_efs_file_system.f.id
      backup_policy { status = "ENABLED" }
    }
    resource "aws_efs_file_system_policy" "p" {
      file_system_id = aws_efs_file_system.f.id
      policy         = jsonencode({ Statement = [] })
    }"""
    found = items(tmp_path, text)
    table = found["aws_dynamodb_table.t"].configuration
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    files = found["aws_efs_file_system.f"].configuration
    assert files["BackupPolicy"] == {"Status": "ENABLED"}
    assert files["FileSystemPolicy"] == {"Statement": []}
