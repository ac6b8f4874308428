"""Helpers of these tests: rules from text, batches from records."""

from nephoscope.detect.loading import Reading, resolved
from nephoscope.detect.sigma import generates, read_rule
from nephoscope.documents import parse_documents
from nephoscope.model.errors import ContentError
from nephoscope.model.event import LogSource, RecordBatch

CLOUDTRAIL = LogSource("aws", "cloudtrail")
COLUMNS = {
    "eventTime": "time",
    "eventID": "metadata.uid",
    "eventName": "api.operation",
    "userIdentity.arn": "actor.user.uid",
    "sourceIPAddress": "src_endpoint.ip",
    "awsRegion": "cloud.region",
    "recipientAccountId": "cloud.account.uid",
}


def rule_set(text, placeholders=None):
    """The rules that a YAML text holds, their references resolved."""
    reading = Reading()
    for document in parse_documents(text.encode(), "rules.yml"):
        if isinstance(document, ContentError):
            reading.errors.append(document)
            continue
        try:
            rule = read_rule(document, placeholders)
        except ContentError as error:
            reading.errors.append(error)
            continue
        reading.add(rule)
        if generates(document):
            reading.generating.add(rule.about.id)
    return resolved(reading)


def rule(detection, **others):
    """One rule with this `detection`, in YAML or as a mapping."""
    import yaml

    content = {"title": "T", "logsource": {"product": "aws"}, "detection": detection, **others}
    found = rule_set(yaml.safe_dump(content, sort_keys=False))
    if found.errors:
        raise found.errors[0]
    return found.rules[0]


def batch(*records, **others):
    """Records as a batch of CloudTrail."""
    given = {"log_source": CLOUDTRAIL, "source": "aws_cloudtrail", "columns": COLUMNS}
    return RecordBatch(list(records), **(given | others))
