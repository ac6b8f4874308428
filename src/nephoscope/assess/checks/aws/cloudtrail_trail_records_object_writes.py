from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.event_selectors import records_objects


@check("AWS::CloudTrail::Trail", severity="low")
def cloudtrail_trail_records_object_writes(trail):
    """CloudTrail trail records who writes and deletes S3 objects.

    Why: without data events nobody can say who changed or destroyed the data.
    Fix: add a data event selector for AWS::S3::Object that includes write events of all buckets.
    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html

    >>> objects = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]
    >>> def trail(kind):
    ...     return {"EventSelectors": [{"ReadWriteType": kind, "DataResources": objects}], "AdvancedEventSelectors": []}
    >>> cloudtrail_trail_records_object_writes(trail("WriteOnly"))
    Pass()
    >>> cloudtrail_trail_records_object_writes(trail("ReadOnly"))
    Fail('no selector records writing to the objects of all buckets')
    >>> cloudtrail_trail_records_object_writes({})
    Unknown('EventSelectors was not collected')
    """
    if records_objects(trail, "WriteOnly"):
        return Pass()
    return Fail("no selector records writing to the objects of all buckets")
