def test_gaps_say_which_permission_is_missing_and_hours_their_state(viewer):
    [gap] = viewer.get("coverage/gaps", q="permission:s3:GetBucketAcl state:open").json()["items"]
    hours = viewer.get("coverage/hours", q="state:verified").json()

    assert (gap["subject"], gap["cause"]) == ("AWS::S3::Bucket", "denied")
    assert hours["total"] == 2


def test_coverage_is_told_in_numbers_of_ones_scope(viewer, scoped):
    assert viewer.get("coverage").json()["gaps"] == {"read": 2}
    assert scoped.get("coverage").json() | {"lag_s": 0, "last_event_at": ""} == {
        "gaps": {"read": 1}, "hours": {"verified": 1}, "items": 2, "verdicts": {"Unknown": 1}, "accounts": 1,
        "events": 2, "last_event_at": "", "lag_s": 0,
    }  # fmt: skip
