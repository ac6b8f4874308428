from tests.inventory.templates.mappings.terraform import items


def test_a_trail_has_its_selectors_and_logs_unless_told_otherwise(tmp_path):
    text = """resource "aws_cloudtrail" "t" {
      event_selector {
        read_write_type = "All"
        data_resource {
          type   = "AWS::S3::Object"
          values = ["arn:aws:s3"]
        }
      }
    }"""
    trail = items(tmp_path, text)["aws_cloudtrail.t"].configuration
    assert trail["IsLogging"] is True
    resources = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]
    assert trail["EventSelectors"] == [{"ReadWriteType": "All", "DataResources": resources}]


def test_a_recorder_records_once_it_is_started(tmp_path):
    recorder = 'resource "aws_config_configuration_recorder" "r" { name = "main" }\n'
    assert items(tmp_path, recorder)["aws_config_configuration_recorder.r"].configuration["Recording"] is False

    started = """resource "aws_config_configuration_recorder_status" "s" {
      name       = aws_config_configuration_recorder.r.name
      is_enabled = true
    }"""
    found = items(tmp_path, recorder + started)
    assert found["aws_config_configuration_recorder.r"].configuration["Recording"] is True
