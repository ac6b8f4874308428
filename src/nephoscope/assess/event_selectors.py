"""Which data events a trail records.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html and
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from __future__ import annotations

from typing import Any

ALL_BUCKETS = ("arn:aws:s3", "arn:aws:s3:::", "arn:aws-cn:s3:::", "arn:aws-us-gov:s3:::")
READ_ONLY = {"ReadOnly": "true", "WriteOnly": "false"}
NEGATIONS = ("NotEquals", "NotStartsWith", "NotEndsWith")


def records_objects(trail: Any, kind: str) -> bool:
    """Whether a trail records accesses of a kind, "ReadOnly" or "WriteOnly", to the objects of all buckets."""
    return any(_basic(selector, kind) for selector in trail["EventSelectors"] or ()) or any(
        _advanced(selector, kind) for selector in trail["AdvancedEventSelectors"] or ()
    )


def _basic(selector: Any, kind: str) -> bool:
    """`All` is what a selector records that does not say."""
    if selector.get("ReadWriteType", "All") not in ("All", kind):
        return False
    resources = selector.get("DataResources") or ()
    return any(
        resource["Type"] == "AWS::S3::Object" and any(value in ALL_BUCKETS for value in resource.get("Values") or ())
        for resource in resources
    )


def _advanced(selector: Any, kind: str) -> bool:
    """Field selectors all have to hold; one on anything but category, type and kind leaves some objects out."""
    fields = {field["Field"]: field for field in selector["FieldSelectors"]}
    if set(fields) - {"eventCategory", "resources.type", "readOnly", "resources.ARN"}:
        return False
    wanted = {"eventCategory": "Data", "resources.type": "AWS::S3::Object"}
    if not all(name in fields and value in (fields[name].get("Equals") or ()) for name, value in wanted.items()):
        return False
    if "readOnly" in fields and READ_ONLY[kind] not in (fields["readOnly"].get("Equals") or ()):
        return False
    return "resources.ARN" not in fields or _is_every_arn(fields["resources.ARN"])


def _is_every_arn(field: Any) -> bool:
    if any(field.get(negation) for negation in NEGATIONS):
        return False
    return any(value in ALL_BUCKETS for value in field.get("StartsWith") or ())
