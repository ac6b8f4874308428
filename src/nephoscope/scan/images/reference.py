"""An image's name in a registry: `registry.example:5000/team/app:1.4@sha256:…`.

Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 1024
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]|localhost|\d{1,3}(?:\.\d{1,3}){3}"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<registry>(?:{_HOST})(?::\d{{1,5}})?)/(?P<name>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?",
    re.ASCII,
)
DOCKER_HUB = ("docker.io", "index.docker.io")
DOCKER_HUB_HOST = "registry-1.docker.io"


@dataclass(frozen=True)
class Reference:
    """registry: its host, and port if one is named. name: of the repository. tag, digest: empty if not said."""

    registry: str
    name: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return (
            f"{self.registry}/{self.name}"
            + (f":{self.tag}" if self.tag else "")
            + (f"@{self.digest}" if self.digest else "")
        )

    @property
    def host(self) -> str:
        """The registry's host, without the port."""
        return self.registry.partition(":")[0]

    @property
    def wanted(self) -> str:
        """What a manifest is asked for by: the digest, else the tag."""
        return self.digest or self.tag or "latest"


def reference_of(text: str) -> Reference | None:
    """The image that a text names; None for what names none. A registry is always named: nothing is guessed."""
    found = _REFERENCE.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    registry, name = found["registry"], found["name"]
    if registry in DOCKER_HUB:
        registry, name = DOCKER_HUB_HOST, name if "/" in name else f"library/{name}"
    return Reference(registry, name, found["tag"] or "", found["digest"] or "")
