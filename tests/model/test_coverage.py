from nephoscope.model.coverage import Gap, HourState


def test_one_gap_has_one_key_whatever_its_cause_becomes():
    first = Gap("read", "AWS::S3::Bucket", "denied", account="1", region="eu-west-1")
    later = Gap("read", "AWS::S3::Bucket", "throttled", account="1", region="eu-west-1")

    assert first.key == later.key
    assert first.key != Gap("read", "AWS::S3::Bucket", "denied", account="2", region="eu-west-1").key


def test_an_hour_has_eight_states():
    assert {state.value for state in HourState} == {
        *("verified", "pending", "late", "missing", "tampered", "unreadable", "unverifiable", "not logging")
    }
