"""CloudTrail files in a folder, as a source: what a bucket would be, without a cloud."""

from dataclasses import dataclass
from pathlib import Path

from nephoscope.collect.source import LogObject
from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError


class FolderTrail(AwsCloudTrail):
    """The files of `bucket`, which is a folder; `denied.json`, and what is gone, cannot be opened."""

    def objects(self, clouds, seen):
        for path in sorted(Path(self.bucket).iterdir()):
            found = LogObject(path.as_uri(), str(path.stat().st_size), account="1", region="us-east-1")
            if found.key not in seen:
                yield found

    def open(self, clouds, log_object):
        path = Path(log_object.uri.removeprefix("file://"))
        if path.name == "denied.json" or not path.exists():
            raise SourceError(log_object.uri, "cannot be opened")
        return path.open("rb")

    def acknowledge(self, clouds, log_objects):
        """Nobody announced these files."""


@dataclass
class Told:
    """A listener that remembers."""

    findings: list
    gaps: list[Gap]

    def found(self, finding):
        self.findings.append(finding)

    def cannot_see(self, gap):
        self.gaps.append(gap)

    def sees_again(self, gap):
        self.gaps = [known for known in self.gaps if known.key != gap.key]


def listener():
    """A listener that has heard nothing yet."""
    return Told([], [])
