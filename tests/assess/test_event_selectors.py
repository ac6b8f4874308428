import pytest

from nephoscope.assess.event_selectors import records_objects
from nephoscope.model.view import guarded


def basic(kind="All", values=("arn:aws:s3",), resource="AWS::S3::Object"):
    selector = {"ReadWriteType": kind, "DataResources": [{"Type": resource, "Values": list(values)}]}
    return guarded({"EventSelectors": [selector], "AdvancedEventSelectors": None}, {})


def advanced(*more, resource="AWS::S3::Object"):
    fields = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": [resource]}, *more]
    return guarded({"EventSelectors": [], "AdvancedEventSelectors": [{"FieldSelectors": fields}]}, {})


@pytest.mark.parametrize(
    ("trail", "reads", "writes"),
    [
        (basic(), True, True),
        (basic("ReadOnly"), True, False),
        (basic("WriteOnly"), False, True),
        (basic(values=["arn:aws:s3:::"]), True, True),
        (basic(values=["arn:aws:s3:::one/"]), False, False),
        (basic(resource="AWS::Lambda::Function"), False, False),
        (advanced(), True, True),
        (advanced({"Field": "readOnly", "Equals": ["true"]}), True, False),
        (advanced({"Field": "readOnly", "Equals": ["false"]}), False, True),
        (advanced({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::"]}), True, True),
        (advanced({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::one/"]}), False, False),
        (advanced({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::one/"]}), False, False),
        (advanced({"Field": "eventName", "Equals": ["PutObject"]}), False, False),
        (advanced(resource="AWS::DynamoDB::Table"), False, False),
    ],
)
def test_only_selectors_for_the_objects_of_all_buckets_count(trail, reads, writes):
    assert records_objects(trail, "ReadOnly") is reads
    assert records_objects(trail, "WriteOnly") is writes
