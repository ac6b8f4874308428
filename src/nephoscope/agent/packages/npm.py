"""What npm and its like installed: `node_modules/*/package.json`."""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO, Dict, Iterator, cast

from nephoscope.agent.packages.package import Found, Package, Problem, purl_of, text_of

LARGEST_BYTES = 4 << 20
_PLACE = re.compile(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/@][^/]*/package\.json", re.DOTALL)


def wants(path: str, _mode: int) -> bool:
    """The manifests of packages, not those of folders within them."""
    return path.endswith("/package.json") and _PLACE.fullmatch(path) is not None


def read(file: BinaryIO, path: str) -> Iterator[Found]:
    """The package that a manifest describes.

    Source: https://docs.npmjs.com/cli/configuring-npm/package-json
    """
    content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        yield Problem(path, f"is larger than {LARGEST_BYTES} bytes; not read")
        return
    try:
        told: Any = json.loads(text_of(content).lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        yield Problem(path, f"is no JSON: {error}")
        return
    fields = cast("Dict[str, Any]", told) if isinstance(told, dict) else {}
    name, version = fields.get("name"), fields.get("version")
    if not isinstance(name, str) or not isinstance(version, str) or not name.strip() or not version.strip():
        yield Problem(path, "names no package in a version")
        return
    name, version = _clean(name), _clean(version)
    yield Package("npm", name, version, purl=purl_of("npm", "", name, version, {}), location=path)


def _clean(text: str) -> str:
    """Without halves of characters, which JSON may hold and nothing else can write."""
    return text.encode("utf-8", "replace").decode("utf-8").strip()
