"""An image → its packages, each with the layer that brought it."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from nephoscope.agent.packages.finding import packages_of
from nephoscope.agent.packages.package import Package, Problem
from nephoscope.agent.tree import TreeError
from nephoscope.scan.images.layers import Merged
from nephoscope.scan.images.manifest import image_of
from nephoscope.scan.images.tree import ImageTree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.agent.packages.package import Found
    from nephoscope.scan.images.blobs import Blobs
    from nephoscope.scan.images.manifest import Image


def look(blobs: Blobs, platform: str) -> Iterator[Found]:
    """The packages of the image for a platform, as they are in its topmost layer, and what could not be read.

    A package's layer is the lowest one since which it has been there without a break.
    """
    try:
        image = image_of(blobs, platform)
    except TreeError as error:
        yield Problem(error.path, error.reason)
        return
    yield from look_at(blobs, image)


def look_at(blobs: Blobs, image: Image) -> Iterator[Found]:
    """The same of an image that is known already."""
    yield from image.problems
    with tempfile.TemporaryFile(prefix="nephoscope-") as spool:
        merged = Merged(spool)
        layers: dict[Package, str] = {}
        problems: list[Problem] = []
        for number, layer in enumerate(image.layers):
            if not merged.add(blobs, layer, number):
                continue
            found = list(packages_of(ImageTree(merged.root, spool)))
            layers = {each: layers.get(each, layer.name) for each in found if isinstance(each, Package)}
            problems = [each for each in found if isinstance(each, Problem)]
        yield from merged.problems
        yield from problems
        for package, name in layers.items():
            yield package._replace(layer=name)
