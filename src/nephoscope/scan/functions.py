"""Lambda functions: the zip of the code and those of the layers, fetched where AWS says they lie, and verified.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
"""

from __future__ import annotations

import base64
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from nephoscope.agent.packages.package import Problem
from nephoscope.model.errors import CloudError, ConfigError, DeliveryError
from nephoscope.scan.targets.archive import archive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.agent.packages.package import Found
    from nephoscope.clouds.aws import Aws
    from nephoscope.clouds.safe_http import SafeHttp

PERMISSIONS = ("lambda:GetFunction", "lambda:GetLayerVersion")
LARGEST_BYTES = 512 << 20  # of a zip; Lambda unpacks 250 MB of all
MOST_LAYERS = 5
AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn")


@dataclass(frozen=True)
class Part:
    """A zip of a function: its code, or a layer by its ARN. sha256: in base64, as AWS tells it."""

    name: str
    location: str
    sha256: str


@dataclass(frozen=True)
class Functions:
    """Functions of one account's region. http: fetches the zips."""

    aws: Aws
    account: str
    region: str
    http: SafeHttp

    def look(self, name: str) -> Iterator[Found]:
        """The packages of a function and its layers, each with the part as the beginning of its location.

        Raises CloudError for a function that cannot be had; a layer that cannot is a problem.
        """
        found = self._ask("GetFunction", FunctionName=name)
        told, code = found["Configuration"], cast("dict[str, Any]", found.get("Code") or {})
        if told.get("PackageType") == "Image":
            image = code.get("ResolvedImageUri", "an image")
            yield Problem("code", f"is a container image: look at it by `nephoscope scan image {image}`")
            return
        yield from self._look(Part("code", str(code.get("Location", "")), str(told["CodeSha256"])))
        for layer in (told.get("Layers") or ())[:MOST_LAYERS]:
            arn = str(layer["Arn"])
            try:
                content = self._ask("GetLayerVersionByArn", Arn=arn)["Content"]
            except CloudError as error:
                yield Problem(arn, str(error))
            else:
                yield from self._look(Part(arn, str(content.get("Location", "")), str(content["CodeSha256"])))

    def _ask(self, operation: str, **params: Any) -> Any:
        return self.aws.call("lambda", operation, account=self.account, region=self.region, **params)

    def _look(self, part: Part) -> Iterator[Found]:
        with tempfile.TemporaryDirectory(prefix="nephoscope-") as folder:
            path = Path(folder, "part.zip")
            if cause := self._fetched(part, path):
                yield Problem(part.name, cause)
                return
            for each in archive.look(path, ""):
                yield each._replace(location=f"{part.name}:{each.location}")

    def _fetched(self, part: Part, path: Path) -> str:
        """Write a part's zip to a file; answers why it could not be had, empty if it is there and as AWS says."""
        if not self._is_aws_s(part.location):
            return "lies where AWS keeps no code; not fetched"
        state = hashlib.sha256()
        with path.open("wb") as file:

            def write(content: bytes) -> None:
                state.update(content)
                file.write(content)

            try:
                answer = self.http.fetch(part.location, {}, write, LARGEST_BYTES).accepted()
            except (DeliveryError, ConfigError) as error:
                return f"cannot be fetched: {error}"
        if answer.is_cut:
            return f"is larger than {LARGEST_BYTES >> 20} MB; not read"
        if base64.b64encode(state.digest()).decode() != part.sha256:
            return "is not as its checksum says; not read"
        return ""

    def _is_aws_s(self, location: str) -> bool:
        """Whether an address is AWS's, or of the place that stands for it here."""
        parts, own = urlsplit(location), urlsplit(self.aws.endpoint_url)
        if self.aws.endpoint_url and (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
            return True
        return parts.scheme == "https" and (parts.hostname or "").endswith(AWS_HOSTS)
