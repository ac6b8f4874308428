"""An image's file → which image of it is meant, and its layers.

Source: https://github.com/opencontainers/image-spec; `manifest.json` as `docker save` writes it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import msgspec

from nephoscope.agent.packages.package import Problem
from nephoscope.agent.tree import Absent, TreeError
from nephoscope.scan.images.blobs import path_of, read_blob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.scan.images.blobs import Blobs

LARGEST_BYTES = 4 << 20  # of a manifest, as the specification allows
DEEPEST = 3  # of indexes within indexes
MOST_LAYERS = 200  # what runs images takes 127
MOST_IMAGES = 1000
PREFERRED = "linux/amd64"
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
T = TypeVar("T")


class _Platform(msgspec.Struct):
    os: str = ""
    architecture: str = ""
    variant: str = ""

    @property
    def name(self) -> str:
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))


class _Descriptor(msgspec.Struct, rename="camel"):
    digest: str
    media_type: str = ""
    platform: _Platform | None = None
    annotations: dict[str, str] = {}


class _Index(msgspec.Struct):
    manifests: list[_Descriptor]


class _Manifest(msgspec.Struct):
    config: _Descriptor
    layers: list[_Descriptor]


class _RootFs(msgspec.Struct):
    diff_ids: list[str] = []


class _Config(_Platform):
    rootfs: _RootFs = msgspec.field(default_factory=_RootFs)


class _Saved(msgspec.Struct, rename="pascal"):
    config: str
    layers: list[str]
    repo_tags: list[str] | None = None


@dataclass(frozen=True)
class Layer:
    """Where a layer lies.

    digest: of the bytes as they are stored; diff_id: of what they unpack to; empty if it is not known. is_verified:
    whether the bytes were compared with the digest when they were fetched.
    """

    path: str
    digest: str = ""
    diff_id: str = ""
    is_verified: bool = False

    @property
    def name(self) -> str:
        """What it is called in a report."""
        return self.digest or self.diff_id or self.path


@dataclass(frozen=True)
class Image:
    """The layers of an image, from the bottom, and what is wrong with what names them."""

    platform: str
    layers: Sequence[Layer]
    problems: list[Problem] = field(default_factory=list[Problem])


def image_of(blobs: Blobs, platform: str) -> Image:
    """The image for a platform; without one, that for linux/amd64, or the only one.

    Raises TreeError where there is none, saying which there are, and for what cannot be read.
    """
    try:
        index = _decoded(blobs, "index.json", _Index)
    except Absent:
        return _saved(blobs, platform)
    problems: list[Problem] = []
    found = [_image(blobs, each, problems) for each in _manifests(blobs, index, problems, set())]
    return _chosen(found, platform, "index.json", problems)


def _chosen(images: Sequence[Image], platform: str, where: str, problems: list[Problem]) -> Image:
    wished = platform or PREFERRED
    fitting = [each for each in images if f"{each.platform}/".startswith(f"{wished}/")]
    if not fitting and not platform and len(images) == 1:
        fitting = list(images)
    if not fitting:
        there = ", ".join(sorted({each.platform for each in images})) or "none"
        raise TreeError(where, f"names no image for {wished}; there are: {there}")
    if len(fitting) > 1:
        problems.append(Problem(where, f"names {len(fitting)} images for {wished}; only the first is read"))
    return Image(fitting[0].platform, fitting[0].layers, [*problems, *fitting[0].problems])


def _manifests(
    blobs: Blobs, index: _Index, problems: list[Problem], seen: set[str], depth: int = DEEPEST
) -> list[_Descriptor]:
    """The manifests of images below an index, each once; attestations are none."""
    found: list[_Descriptor] = []
    for each in index.manifests:
        if each.digest in seen or each.annotations.get("vnd.docker.reference.type") == "attestation-manifest":
            continue
        seen.add(each.digest)
        if len(seen) > MOST_IMAGES:
            raise TreeError("index.json", f"names more than {MOST_IMAGES} images")
        if each.media_type not in _INDEXES:
            found.append(each)
        elif depth == 0:
            raise TreeError(each.digest, f"is an index within more than {DEEPEST} others")
        else:
            inner = _verified(blobs, each.digest, _Index, problems)
            found += _manifests(blobs, inner, problems, seen, depth - 1)
    return found


def _image(blobs: Blobs, descriptor: _Descriptor, problems: list[Problem]) -> Image:
    """Its manifest, or what is wrong with it as the problem of an image without layers."""
    own: list[Problem] = []
    platform = descriptor.platform.name if descriptor.platform else ""
    try:
        manifest = _verified(blobs, descriptor.digest, _Manifest, own)
        config = _verified(blobs, manifest.config.digest, _Config, own)
        ids = config.rootfs.diff_ids
        if len(ids) != len(manifest.layers):
            own.append(Problem(manifest.config.digest, f"names {len(ids)} layers; its manifest {len(manifest.layers)}"))
            ids = [""] * len(manifest.layers)
        layers = [
            Layer(path_of(each.digest), each.digest, diff_id)
            for each, diff_id in zip(_bounded(manifest.layers, descriptor.digest), ids, strict=False)
        ]
    except TreeError as error:
        own.append(Problem(error.path, error.reason))
        return Image(platform, (), own)
    return Image(platform or config.name, layers, own)


def _bounded(layers: list[T], where: str) -> list[T]:
    if len(layers) > MOST_LAYERS:
        raise TreeError(where, f"names {len(layers)} layers, more than {MOST_LAYERS}")
    return layers


def _saved(blobs: Blobs, platform: str) -> Image:
    """The image of `docker save`'s archive."""
    images: list[Image] = []
    for saved in _decoded(blobs, "manifest.json", list[_Saved]):
        own: list[Problem] = []
        config = _decoded(blobs, saved.config, _Config)
        ids = config.rootfs.diff_ids
        if len(ids) != len(saved.layers):
            own.append(Problem(saved.config, f"names {len(ids)} layers; manifest.json names {len(saved.layers)}"))
            ids = [""] * len(saved.layers)
        layers = [
            Layer(path, "", diff_id)
            for path, diff_id in zip(_bounded(saved.layers, "manifest.json"), ids, strict=False)
        ]
        images.append(Image(config.name, layers, own))
    return _chosen(images, platform, "manifest.json", [])


def _decoded(blobs: Blobs, path: str, kind: type[T]) -> T:
    content = read_blob(blobs, path, LARGEST_BYTES)
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise TreeError(path, f"is not as it should be: {error}") from error


def _verified(blobs: Blobs, digest: str, kind: type[T], problems: list[Problem]) -> T:
    """A blob by its digest; one whose content is another is named, and read all the same."""
    path = path_of(digest)
    content = read_blob(blobs, path, LARGEST_BYTES)
    algorithm, _, expected = digest.partition(":")
    actual = hashlib.new(algorithm, content).hexdigest()
    if actual != expected:
        problems.append(Problem(path, f"is not what its digest says: its {algorithm} is {actual}"))
    return _decoded(blobs, path, kind)
