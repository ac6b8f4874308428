"""What an advisory asks of a package besides its name and version: its module, its architecture, which of its names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from nephoscope.model.advisory import Affected
    from nephoscope.model.package import Package

BINARY, SOURCE = "binary", "source"
KSPLICE = "ksplice"
STREAM_UNKNOWN = "is of a module, and which stream of it was not told"
STATES = ("will not fix", "end of life", "subscription", "deferred", "investigating")
ANY_ARCH = ("", "noarch", "all")
_MODULAR, _KSPLICE = ".module", ".ksplice"  # in the release of what is of a module, or built for Ksplice
_EPOCH = re.compile(r"[0-9]*:")


class Condition(NamedTuple):
    """Empty parts ask for nothing.

    names: `binary` or `source`, by which of its names a package is meant where its ecosystem's advisories use the
    other. module: `nodejs:18`; or `ksplice`, for what Oracle builds for Ksplice. arch: of the package.
    no_epoch: the publisher leaves epochs out, so that versions are compared without.
    """

    names: str = ""
    module: str = ""
    arch: str = ""
    no_epoch: bool = False

    def holds(self, package: Package) -> bool | None:
        """Whether it holds for a package; None where its module's stream would have to be known, and is not."""
        if self.arch and package.arch not in ANY_ARCH and package.arch != self.arch:
            return False
        if not self.module or self.module == module_of(package):
            return True
        return None if not module_of(package) and _MODULAR in package.version else False


def module_of(package: Package) -> str:
    """A package's module and stream (`nodejs:18`), or `ksplice`; empty if it is of none, or none is known."""
    if _KSPLICE in package.version:
        return KSPLICE
    return stream_of(package.module)


def stream_of(label: str) -> str:
    """`nodejs:18` for `nodejs:18:8080020230718:63b34585`."""
    return ":".join(label.split(":")[:2])


def is_outside(package: Package, fixed: str) -> bool:
    """Whether a package of a module is compared with a fix that is of none, or the other way round.

    Modules have versions of their own, and so has what is built for Ksplice. Where nothing but name and version is told
    of a package, it is not known to be of no module; who read its source package would have read its module too.
    """
    if not fixed or not (package.source or package.module):
        return False
    is_modular = bool(package.module) or _MODULAR in package.version
    return is_modular != (_MODULAR in fixed) or (_KSPLICE in package.version) != (_KSPLICE in fixed)


def without_epoch(version: str) -> str:
    """A version without what is before its colon."""
    return _EPOCH.sub("", version, count=1) if _EPOCH.match(version) else version


def condition_of(affected: Affected) -> Condition | None:
    """What a record asks besides; None for nothing."""
    if affected.ecosystem_specific is None:
        return None
    names, module, arch, epoch = (_said(affected, name) for name in ("package", "module", "arch", "epoch"))
    found = Condition(names if names in (BINARY, SOURCE) else "", stream_of(module), arch, epoch == "none")
    return found if any(found) else None


def state_of(affected: Affected) -> str:
    """What the publisher says it will do where there is no fix; empty if it says nothing that is known here."""
    state = _said(affected, "state")
    return state if state in STATES else ""


def _said(affected: Affected, name: str) -> str:
    """A text under a record's `ecosystem_specific`; empty for what is none."""
    specific = affected.ecosystem_specific
    value = cast("dict[str, Any]", specific).get(name) if isinstance(specific, dict) else None
    return value if isinstance(value, str) else ""
