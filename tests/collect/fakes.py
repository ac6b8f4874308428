"""A source of objects in memory, and the parts of a cloud that it needs."""

import io
import json
from dataclasses import dataclass, field

from nephoscope.clouds import Clouds
from nephoscope.collect.source import LogObject, Source
from nephoscope.collect.sources.aws_cloudtrail import LAYOUT, AwsCloudTrail
from nephoscope.model.errors import AccessDenied


@dataclass(frozen=True)
class MemorySource(Source):
    """CloudTrail files in a dict; a key whose content is None is denied."""

    files: dict = field(default_factory=dict)

    name = "memory"
    log_source = LAYOUT.log_source
    columns = LAYOUT.columns

    def objects(self, clouds, seen):
        found = [LogObject(uri, "v1", len(content or b"")) for uri, content in self.files.items()]
        return iter([one for one in found if one.key not in seen])

    def open(self, clouds, log_object):
        content = self.files[log_object.uri]
        if content is None:
            denied = AccessDenied("s3:GetObject", "AccessDenied")
            denied.permission = "s3:GetObject"
            raise denied
        return io.BytesIO(content)

    batches = AwsCloudTrail.batches


def trail_file(*ids, **more):
    return json.dumps(
        {"Records": [{"eventID": one, "eventTime": "2024-05-06T07:08:09Z", **more} for one in ids]}
    ).encode()


NO_CLOUDS = Clouds()
