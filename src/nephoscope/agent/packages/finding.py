"""A tree → all its packages, and all that could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Iterator, Optional

from nephoscope.agent.packages import apk, dpkg, release, rpm
from nephoscope.agent.packages.package import Found, Package, Problem, printable_path
from nephoscope.agent.tree import Tree, TreeError

if TYPE_CHECKING:
    _Read = Callable[[Tree, Optional[release.Release]], Iterator[Found]]
READERS: tuple[_Read, ...] = (apk.read, dpkg.read, rpm.read)
PLACES = (*release.PLACES, *apk.PLACES, *dpkg.PLACES, *rpm.PLACES)


def wanted(path: str, mode: int) -> bool:
    """Whether some reader may open a file of this path and mode; others need not be kept."""
    from nephoscope.agent.packages import languages

    return path in PLACES or path.rpartition("/")[0] in PLACES or languages.wanted(path, mode)


def packages_of(tree: Tree) -> Iterator[Found]:
    """Each package, and each problem, in a fixed order; a problem with one never keeps the others from being read."""
    from nephoscope.agent.packages import languages  # an agent that asks for the distribution's alone holds it not

    yield from system_packages_of(tree)
    for found in languages.read(tree):
        yield _clean(found)


def system_packages_of(tree: Tree) -> Iterator[Found]:
    """The same of the distribution's own databases only: a few files, where languages take a walk over all."""
    known: release.Release | None = None
    cause = "names no distribution; its packages' release is not known"
    try:
        known = release.release_of(tree)
    except TreeError as error:
        cause = error.reason
    is_said = known is not None
    for read in READERS:
        for found in read(tree, known):
            if not is_said:
                yield Problem("etc/os-release", cause)
                is_said = True
            yield _clean(found)


def _clean(found: Found) -> Found:
    """The same with a location that any encoder takes."""
    if isinstance(found, Package):
        return found._replace(location=printable_path(found.location))
    return Problem(printable_path(found.location), printable_path(found.cause))
