"""An AWS of one bucket, one queue and one trail, in memory: as much of `clouds.aws.Aws` as sources call."""

import hashlib
import io
from datetime import UTC, datetime

from nephoscope.clouds import Clouds
from nephoscope.model.errors import AccessDenied, CloudError

LONG_AGO = datetime(2024, 5, 6, tzinfo=UTC)


class Bucket:
    """objects: key → (content, metadata, delivered_at). denied: prefixes and operations that are refused."""

    def __init__(self, objects=()):
        self.objects = dict(objects)
        self.denied = set()
        self.messages = {}  # receipt → body
        self.keys = {}
        self.trails = []
        self.asked = []

    @property
    def clouds(self):
        return Clouds(self)

    def put(self, key, content, delivered_at=LONG_AGO):
        self.objects[key] = (content, {}, delivered_at)

    def call(self, service, operation, *, region="", account="", **params):
        self.asked.append((operation, params))
        where = params.get("Prefix", params.get("Key", ""))
        if operation in self.denied or any(where.startswith(prefix) for prefix in self.denied if "/" in prefix):
            error = AccessDenied(f"{service}:{operation}", "AccessDenied", "no")
            error.permission = f"{service}:{operation}"
            raise error
        return getattr(self, operation)(**params)

    def pages(self, service, operation, **params):
        yield self.call(service, operation, **params)

    def ListObjectsV2(self, Bucket, Prefix, Delimiter=""):
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        if Delimiter:
            folders = {Prefix + key[len(Prefix) :].partition("/")[0] + "/" for key in keys if "/" in key[len(Prefix) :]}
            return {"CommonPrefixes": [{"Prefix": folder} for folder in sorted(folders)]}
        return {
            "Contents": [
                {"Key": key, "ETag": f'"{self.etag(key)}"', "Size": len(content), "LastModified": at}
                for key in keys
                for content, _, at in [self.objects[key]]
            ]
        }

    def etag(self, key):
        return hashlib.md5(self.objects[key][0], usedforsecurity=False).hexdigest()

    def GetObject(self, Bucket, Key):
        if Key not in self.objects:
            raise CloudError("s3:GetObject", "NoSuchKey", Key)
        content, metadata, _ = self.objects[Key]
        return {"Body": io.BytesIO(content), "Metadata": metadata}

    def ReceiveMessage(self, QueueUrl, MaxNumberOfMessages, WaitTimeSeconds, VisibilityTimeout=30):
        self.hidden = getattr(self, "hidden", set())
        found = [(receipt, body) for receipt, body in self.messages.items() if receipt not in self.hidden][:10]
        self.hidden |= {receipt for receipt, _ in found if VisibilityTimeout}
        return {"Messages": [{"Body": body, "ReceiptHandle": receipt} for receipt, body in found]}

    def DeleteMessage(self, QueueUrl, ReceiptHandle):
        self.messages.pop(ReceiptHandle, None)

    def ListPublicKeys(self, StartTime, EndTime):
        return {"PublicKeyList": [{"Fingerprint": name, "Value": key} for name, key in self.keys.items()]}

    def DescribeTrails(self):
        return {"trailList": [trail for trail, _ in self.trails]}

    def GetTrailStatus(self, Name):
        return next(status for trail, status in self.trails if trail["TrailARN"] == Name)
