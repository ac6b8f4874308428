"""Whether an installed kernel is the one that runs: what `uname -r` says against a package's name and version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nephoscope.scan.condition import without_epoch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nephoscope.model.package import Package

_DEB = re.compile(r"linux-(?:image|modules|modules-extra|headers)-(?:unsigned-)?(?P<release>[0-9].*)")
_RPM = re.compile(r"kernel(?:-uek|-rt|-lt|-ml|-64k)?(?:-core|-modules(?:-core|-extra)?|-devel)?|kernel[0-9.]+")
_SUSE = re.compile(r"kernel-(?P<flavour>default|azure|preempt|rt|debug|kvmsmall|64kb)")
_APK = re.compile(r"linux-(?P<flavour>lts|virt|edge|stable|rpi)")
_REVISION = re.compile(r"(?P<version>.+)-r(?P<revision>[0-9]+)")


def runs(package: Package, running: str) -> bool | None:
    """Whether a package is of the running kernel; None if it is of no kernel. running: as `uname -r` has it.

    Source: the packaging of Debian (linux-image-RELEASE), Red Hat (VERSION-RELEASE.ARCH), SUSE (VERSION-RELEASE
    without the number of the rebuild, -FLAVOUR) and Alpine (VERSION-REVISION-FLAVOUR).
    """
    name, version = package.name, without_epoch(package.version)
    if found := _DEB.fullmatch(name):
        return running == found["release"]
    if found := _SUSE.fullmatch(name):
        return running == f"{version.rpartition('.')[0]}-{found['flavour']}"
    if found := _APK.fullmatch(name):
        parts = _REVISION.fullmatch(version)
        return parts is not None and running == f"{parts['version']}-{parts['revision']}-{found['flavour']}"
    if _RPM.fullmatch(name):
        return running == version or running.startswith(f"{version}.")
    return None


def told(packages: Iterable[Package], running: str) -> str:
    """What is to be said of a finding's packages: which of two kernels it is; empty for packages of no kernel."""
    known = [found for package in packages if (found := runs(package, running)) is not None] if running else []
    if not known:
        return ""
    return "running" if any(known) else "installed, not running"
