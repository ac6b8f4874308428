from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.event_selectors import records_objects


@check("AWS::CloudTrail::Trail", severity="low")
def cloudtrail_trail_records_object_reads(trail):
    """CloudTrail trail records who reads S3 objects.

    Why: without data events nobody can say which data was taken.
    Fix: add a data event selector for AWS::S3::Object that includes read events of all buckets.
    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html

    >>> objects = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]
    >>> def trail(kind):
    ...     return {"EventSelectors": [{"ReadWriteType": kind, "DataResources": objects}], "AdvancedEventSelectors": []}
    >>> cloudtrail_trail_records_object_reads(trail("All"))
    Pass()
    >>> cloudtrail_trail_records_object_reads(trail("WriteOnly"))
    Fail('no selector records reading the objects of all buckets')
    >>> cloudtrail_trail_records_object_reads({})
    Unknown('EventSelectors was not collected')
    """
    if records_objects(trail, "ReadOnly"):
        return Pass()
    return Fail("no selector records reading the objects of all buckets")
