"""How CloudTrail names what the API models name otherwise: events, sources, regions; what reads and what is data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nephoscope.sandbox.call import ApiCall

LAMBDA = {
    "AddPermission": "20150331v2",
    "CreateAlias": "20150331",
    "CreateEventSourceMapping": "20150331",
    "CreateFunction": "20150331",
    "DeleteAlias": "20150331",
    "DeleteEventSourceMapping": "20150331",
    "DeleteFunction": "20150331",
    "GetAccountSettings": "20160819",
    "GetFunction": "20150331v2",
    "GetFunctionConfiguration": "20150331v2",
    "GetPolicy": "20150331v2",
    "ListAliases": "20150331",
    "ListEventSourceMappings": "20150331",
    "ListFunctions": "20150331",
    "ListLayers": "20181031",
    "ListTags": "20170331",
    "ListVersionsByFunction": "20150331",
    "PublishLayerVersion": "20181031",
    "PublishVersion": "20150331",
    "PutFunctionConcurrency": "20171031",
    "RemovePermission": "20150331v2",
    "TagResource": "20170331v2",
    "UntagResource": "20170331v2",
    "UpdateAlias": "20150331",
    "UpdateEventSourceMapping": "20150331",
    "UpdateFunctionCode": "20150331v2",
    "UpdateFunctionConfiguration": "20150331v2",
}
S3 = {
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "ListObjectsV2": "ListObjects",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
S3_CONTROL = {
    "DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
}
SOURCES = {"servicecatalog-appregistry": "servicecatalog-appregistry", "sso-admin": "sso", "iot-data": "iotdata"}
GLOBAL = frozenset(
    ("iam", "organizations", "cloudfront", "route53", "account", "ce", "health", "support", "shield", "waf", "budgets")
)
READS = (
    *("Get", "List", "Describe", "Head", "Lookup", "Search", "Select", "BatchGet", "Check", "Simulate"),
    *("Scan", "Query", "Preview", "Validate", "Estimate", "Filter", "Discover", "Verify", "View", "Export"),
)
READ_ONLY = frozenset(
    ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "Decrypt", "Encrypt", "GenerateDataKey")
    + ("GenerateDataKeyWithoutPlaintext", "ReEncrypt", "Sign", "InvokeModel", "Converse", "GenerateMac")
    + (
        "GenerateCredentialReport",
        "GenerateServiceLastAccessedDetails",
        "ReceiveMessage",
        "InvokeModelWithResponseStream",
    )
)
WRITES = frozenset(("GetFederationToken", "GetSessionToken"))
DATA = {
    "s3": (
        *("GetObject", "PutObject", "DeleteObject", "DeleteObjects", "HeadObject", "CopyObject", "GetObjectAcl"),
        *(
            "PutObjectAcl",
            "GetObjectTagging",
            "PutObjectTagging",
            "DeleteObjectTagging",
            "ListObjects",
            "ListObjectsV2",
        ),
        *("HeadBucket", "CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"),
        *("AbortMultipartUpload", "ListParts", "ListMultipartUploads", "ListObjectVersions", "SelectObjectContent"),
        *("GetObjectAttributes", "GetObjectRetention", "PutObjectRetention", "GetObjectLegalHold", "RestoreObject"),
        *("PutObjectLegalHold", "GetObjectTorrent"),
    ),
    "lambda": ("Invoke", "InvokeAsync"),
    "dynamodb": (
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Scan", "Query", "BatchGetItem", "BatchWriteItem"),
        *("TransactGetItems", "TransactWriteItems", "ExecuteStatement"),
    ),
    "sns": ("Publish", "PublishBatch"),
    "sqs": ("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch")
    + ("ChangeMessageVisibility", "ChangeMessageVisibilityBatch"),
    "logs": ("PutLogEvents", "FilterLogEvents", "GetLogEvents"),
    "cloudwatch": ("PutMetricData", "GetMetricData", "GetMetricStatistics"),
    "events": ("PutEvents",),
    "kinesis": ("PutRecord", "PutRecords", "GetRecords", "GetShardIterator"),
    "ebs": ("GetSnapshotBlock", "PutSnapshotBlock", "ListSnapshotBlocks", "ListChangedBlocks"),
}


def event_name(call: ApiCall) -> str:
    """The name of a call's record: the operation's, with the quirks of Lambda and S3."""
    if call.service == "lambda":
        return call.operation + LAMBDA.get(call.operation, "")
    names = {"s3": S3, "s3control": S3_CONTROL}.get(call.service, {})
    return names.get(call.operation, call.operation)


def event_source(call: ApiCall) -> str:
    """`ec2.amazonaws.com`: the name that the service signs with, but for a few."""
    return SOURCES.get(call.service, call.signing_name) + ".amazonaws.com"


def event_region(call: ApiCall) -> str:
    """The region that a record is filed under; that of global services is us-east-1."""
    return "us-east-1" if call.service in GLOBAL else call.region


def is_read_only(call: ApiCall) -> bool:
    """What a record's readOnly says."""
    if call.operation in WRITES:
        return False
    return call.operation in READ_ONLY or call.operation.startswith(READS)


def is_data(call: ApiCall) -> bool:
    """Whether a call is a data event, or one that CloudTrail does not log unless asked."""
    return call.operation in DATA.get(call.service, ())


def changes(call: ApiCall) -> bool:
    """Whether moto may be another after the call, so that it belongs into the journal."""
    if call.service == "sts":
        return call.operation not in ("GetCallerIdentity", "DecodeAuthorizationMessage", "GetAccessKeyInfo")
    if call.operation in ("GenerateCredentialReport", "ReceiveMessage"):
        return True
    return not is_read_only(call)
