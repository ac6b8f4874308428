from dataclasses import replace
from datetime import timedelta

import pytest
from tests.store.samples import NOON, event_rows

from nephoscope.model.errors import StoreError
from nephoscope.store.events import Writes, count_events, events_between, events_by_uid, insert_events, write_events


def test_a_batch_inserted_again_is_there_once(lake):
    for _ in range(3):
        insert_events(lake, event_rows(100), "batch-1")
    assert count_events(lake) == 100
    assert count_events(lake, "aws_vpc_flow") == 0


def test_an_event_that_aws_delivered_twice_is_kept_once(lake):
    insert_events(lake, event_rows(10), "batch-a")
    insert_events(lake, event_rows(10, first=5), "batch-b")
    assert count_events(lake) == 15


def test_equal_event_ids_of_two_accounts_stay_two(lake):
    insert_events(lake, event_rows(1, account="111111111111"), "batch-c")
    insert_events(lake, event_rows(1, account="222222222222"), "batch-d")
    assert count_events(lake) == 2


def test_events_are_found_by_time_and_account(lake):
    insert_events(lake, event_rows(10), "batch-e")
    found = events_between(lake, NOON + timedelta(seconds=3), NOON + timedelta(seconds=6), "111111111111")
    assert [row["metadata.uid"] for row in found] == ["e5", "e4", "e3"]
    assert found[0]["time"] == NOON + timedelta(seconds=5)
    assert found[0]["api.operation"] == "StopLogging"
    assert found[0]["api.response.error"] is None
    assert found[0]["resource_uids"] == ["arn:5"]
    assert events_between(lake, NOON, NOON + timedelta(days=1), "333333333333") == []


def test_a_time_within_a_second_is_not_lost(lake):
    insert_events(lake, event_rows(2), "batch-f")
    later = NOON + timedelta(milliseconds=1)
    assert [row["metadata.uid"] for row in events_between(lake, later, later + timedelta(seconds=5))] == ["e1"]


def test_events_are_found_by_their_ids(lake):
    insert_events(lake, event_rows(3), "batch-g")
    found = events_by_uid(lake, "111111111111", ["e2", "x') OR 1=1 --", "e0"])
    assert [row["metadata.uid"] for row in found] == ["e0", "e2"]


def test_what_changed_something_is_found_by_the_service_that_was_called(lake):
    rows = event_rows(2).append_column("api.service.name", [["iam.amazonaws.com", "ec2.amazonaws.com"]])
    insert_events(lake, rows, "batch-h")
    wanted = Writes("aws_cloudtrail", "111111111111", NOON, ["ec2", "s3"])
    assert [row["metadata.uid"] for row in write_events(lake, wanted)] == ["e1"]
    assert write_events(lake, replace(wanted, services=[])) == []


def test_what_changed_something_is_found_by_words_of_its_request_or_answer(lake):
    rows = event_rows(3).append_column("api.service.name", [["s3.amazonaws.com"] * 3])
    rows = rows.append_column("api.request.data", [['{"bucketName":"one"}', '{"bucketName":"two"}', None]])
    rows = rows.append_column("api.response.data", [[None, None, '{"arn":"arn:aws:s3:::one"}']])
    insert_events(lake, rows, "batch-i")
    wanted = Writes("aws_cloudtrail", "111111111111", NOON, ["s3"], ["one"])

    assert [row["metadata.uid"] for row in write_events(lake, wanted)] == ["e0", "e2"]
    assert len(write_events(lake, replace(wanted, words=[f"word-{number}" for number in range(300)]))) == 3


def test_a_column_that_events_do_not_have_is_refused(lake):
    with pytest.raises(StoreError, match="wrong"):
        insert_events(lake, event_rows(1).append_column("wrong", [["x"]]), "batch-h")
