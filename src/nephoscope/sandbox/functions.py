"""Where the code of functions and layers lies: addresses of the sandbox's own, in place of AWS's buckets."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.answer import Answer
from nephoscope.sandbox.call import Declined, Denial

if TYPE_CHECKING:
    from nephoscope.sandbox.call import ApiCall
    from nephoscope.sandbox.cloud import Cloud

PATH = "code/"
MOST = 100  # addresses that are good at a time; AWS's are for ten minutes


@dataclass
class Code:
    """Answers with the places of code, and serves it there."""

    cloud: Cloud
    _places: dict[str, bytes] = field(default_factory=dict[str, bytes], init=False)

    def install(self) -> None:
        """Serve the calls that say where code lies."""
        self.cloud.serves |= {
            ("lambda", "GetFunction"): self.get_function,
            ("lambda", "GetLayerVersionByArn"): self.get_layer_version,
        }

    def get_function(self, call: ApiCall) -> dict[str, Any]:
        """GetFunction's answer."""
        from moto.core.exceptions import JsonRESTError

        name, qualifier = str(call.parameters.get("FunctionName", "")), call.parameters.get("Qualifier")
        try:
            function = self._backend(call).get_function(name, qualifier)
        except JsonRESTError as error:
            text = str(error.message)
            raise Declined(Denial("ResourceNotFoundException", text, 404)) from error
        found = dict(function.get_code())
        if "ImageUri" not in (found.get("Code") or {}):
            found["Code"] = {"RepositoryType": "S3", "Location": self._placed(call, function.code_bytes)}
        return found

    def get_layer_version(self, call: ApiCall) -> dict[str, Any]:
        """GetLayerVersionByArn's answer."""
        arn = str(call.parameters.get("Arn", ""))
        for versions in self._backend(call)._layers._layers.values():
            for version in versions.layer_versions.values():
                if version.arn == arn:
                    found = dict(version.get_layer_version())
                    content = {"CodeSha256": version.code_sha_256, "CodeSize": version.code_size}
                    return found | {"Content": content | {"Location": self._placed(call, version.code_bytes)}}
        raise Declined(Denial("ResourceNotFoundException", f"The layer version {arn} does not exist.", 404))

    def fetch(self, token: str) -> Answer:
        """What lies at a place."""
        content = self._places.get(token)
        if content is None:
            return Answer(403, (("Content-Type", "application/xml"),), b"<Error><Code>AccessDenied</Code></Error>")
        return Answer(200, (("Content-Type", "application/zip"),), content)

    def _placed(self, call: ApiCall, content: bytes) -> str:
        token = secrets.token_hex(16)
        while len(self._places) >= MOST:
            self._places.pop(next(iter(self._places)))
        self._places[token] = content
        return f"http://{call.host}/_sandbox/{PATH}{token}"

    def _backend(self, call: ApiCall) -> Any:
        return self.cloud.backends.of("lambda")[call.account][call.region]
