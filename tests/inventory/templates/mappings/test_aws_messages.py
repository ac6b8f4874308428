from tests.inventory.templates.mappings.terraform import items

POLICY = "policy = jsonencode({ Statement = [] })"


def test_policies_that_stand_apart_join_their_topic_queue_key_and_secret(tmp_path):
    text = f"""
    resource "aws_sns_topic" "t" {{}}
    resource "aws_sns_topic_policy" "t" {{
      arn = aws_sns_topic.t.arn
      {POLICY}
    }}
    resource "aws_sqs_queue" "q" {{}}
    resource "aws_sqs_queue_policy" "q" {{
      queue_url = aws_sqs_queue.q.id
      {POLICY}
    }}
    resource "aws_kms_key" "k" {{}}
    resource "aws_kms_key_policy" "k" {{
      key_id = aws_kms_key.k.id
      {POLICY}
    }}
    resource "aws_secretsmanager_secret" "s" {{}}
    resource "aws_secretsmanager_secret_rotation" "s" {{ secret_id = aws_secretsmanager_secret.s.id }}
    """
    found = items(tmp_path, text)
    assert found["aws_sns_topic.t"].configuration["TopicPolicy"] == {"PolicyDocument": {"Statement": []}}
    assert found["aws_sqs_queue.q"].configuration["QueuePolicy"] == {"PolicyDocument": {"Statement": []}}
    assert found["aws_kms_key.k"].configuration["KeyPolicy"] == {"Statement": []}
    assert found["aws_secretsmanager_secret.s"].configuration["RotationEnabled"] is True


def test_a_log_group_kept_for_0_days_is_kept_for_ever(tmp_path):
    text = 'resource "aws_cloudwatch_log_group" "g" { retention_in_days = 0 }'
    assert "RetentionInDays" not in items(tmp_path, text)["aws_cloudwatch_log_group.g"].configuration
