"""An image in a registry → its packages; what was found in the same layers before is not looked for again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nephoscope.agent.packages.package import Problem
from nephoscope.agent.tree import TreeError
from nephoscope.scan.images.looking import look_at
from nephoscope.scan.images.manifest import image_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.agent.packages.package import Found
    from nephoscope.scan.images.registry import Registry


def pull(registry: Registry) -> Iterator[Found]:
    """The packages of the image, and what could not be read. What is not whole is not kept for the next time."""
    try:
        image = image_of(registry, registry.platform)
    except TreeError as error:
        yield Problem(f"{registry.reference}: {error.path}", error.reason)
        return
    if (known := registry.cache.found(image)) is not None:
        yield from known
        return
    layers = [replace(each, is_verified=True) for each in image.layers]
    found = list(look_at(registry, replace(image, layers=layers)))
    yield from found
    if not registry.failed:
        registry.cache.keep(image, found)
