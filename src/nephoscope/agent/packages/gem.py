"""What RubyGems installed: `specifications/*.gemspec`, whose file names say it."""

from __future__ import annotations

import re
from typing import BinaryIO, Iterator

from nephoscope.agent.packages.package import Found, Package, Problem, printable_path, purl_of

_NAME = re.compile(r"(?P<name>.+?)-(?P<version>[0-9][0-9A-Za-z.]*)(?:-(?P<platform>[^/]+))?\.gemspec", re.DOTALL)


def wants(path: str, _mode: int) -> bool:
    """Specifications of installed gems, and of those that come with Ruby."""
    folders, _, name = path.rpartition("/")
    return name.endswith(".gemspec") and folders.endswith(("/specifications", "/specifications/default"))


def read(_file: BinaryIO, path: str) -> Iterator[Found]:
    """The gem that a specification's name says, as RubyGems itself finds it; the Ruby in it is not run.

    Source: `Gem::Specification#full_name` of RubyGems.
    """
    found = _NAME.fullmatch(printable_path(path.rpartition("/")[2]))
    if found is None:
        yield Problem(path, "has a name that says no version")
        return
    name, version = found["name"], found["version"]
    purl = purl_of("gem", "", name, version, {"platform": found["platform"] or ""})
    yield Package("RubyGems", name, version, purl=purl, location=path)
