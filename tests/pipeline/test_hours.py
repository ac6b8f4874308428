from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.verify import Verifier
from nephoscope.pipeline import Hours
from nephoscope.store.hours import count_hours

ACCOUNT = "111122223333"


def test_of_a_trail_of_which_nothing_was_read_no_hour_is_judged(stores, aws):
    source = AwsCloudTrail(bucket="b", account=ACCOUNT)

    assert Hours("trail", Verifier("trail", source, aws), stores).verify() is False
    with stores.ledger.read() as connection:
        assert count_hours(connection) == {}
