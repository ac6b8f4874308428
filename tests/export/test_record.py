import msgspec
from tests.export.samples import digest, notice

from nephoscope.export.record import notice_record, record


def test_a_record_holds_the_finding_whole():
    found = msgspec.json.decode(msgspec.json.encode(record(notice().stored)))

    assert found["rule"] == "cloudtrail_logging_stopped"
    assert found["actor_detail"]["name"] == "mallory"
    assert found["events"][0]["object"] == "s3://trail/file.json.gz"
    assert found["first_seen_at"] == "2026-05-01T12:00:00Z"


def test_a_notice_says_what_became_of_the_finding_and_a_digest_of_each():
    one, many = notice_record(notice("resolved")), notice_record(digest(2))

    assert (one["what"], one["previous_status"], one["finding"]["status"]) == ("resolved", "open", "resolved")
    assert [each["finding"]["resource_id"] for each in many["notices"]] == ["bucket-0", "bucket-1"]
