import pytest
from tests.scan.images.made import digest_of

from nephoscope.agent.packages.package import Package, Problem
from nephoscope.agent.tree import TreeError
from nephoscope.scan.images.cache import Cache
from nephoscope.scan.images.manifest import Image, Layer

IMAGE = Image("linux/amd64", [Layer("x", "sha256:a"), Layer("y", "sha256:b")])


def test_a_part_is_fetched_once_and_nothing_is_left_of_one_that_was_refused(tmp_path):
    cache, fetched = Cache(tmp_path / "c"), []

    def fetch(file):
        fetched.append(1)
        file.write(b"bytes")

    def refuse(file):
        file.write(b"ly")
        raise TreeError("x", "refused")

    with pytest.raises(TreeError):
        cache.opened("sha256:0", refuse)
    for _ in range(2):
        with cache.opened("sha256:0", fetch) as file:
            assert file.read() == b"bytes"
    assert len(fetched) == 1
    assert [path.name for path in (tmp_path / "c" / "blobs").iterdir()] == ["sha256-0"]
    assert (tmp_path / "c" / "blobs").stat().st_mode & 0o077 == 0


def test_a_small_part_that_was_changed_is_not_there(tmp_path):
    cache, digest = Cache(tmp_path), digest_of(b"content")
    assert cache.content(digest, 100) is None
    cache.put(digest, b"content")
    assert cache.content(digest, 100) == b"content"
    (tmp_path / "blobs" / digest.replace(":", "-")).write_bytes(b"changed")
    assert cache.content(digest, 100) is None


def test_what_was_found_is_kept_by_the_layers_in_their_order(tmp_path):
    cache = Cache(tmp_path)
    found = [Package("Debian:12", "a", "1", location="x", layer="sha256:a"), Problem("y", "cannot be read")]
    assert cache.found(IMAGE) is None
    cache.keep(IMAGE, found)
    assert cache.found(IMAGE) == found
    assert cache.found(Image("linux/amd64", IMAGE.layers[::-1])) is None
    for path in (tmp_path / "found").iterdir():
        path.write_bytes(b"[[1")
    assert cache.found(IMAGE) is None


def test_what_was_used_longest_ago_makes_room(tmp_path):
    import os

    cache = Cache(tmp_path, most_bytes=15)
    for number in range(3):
        cache.put(f"sha256:{number}", b"x" * 10)
        os.utime(tmp_path / "blobs" / f"sha256-{number}", (number, number))
    cache.prune()
    assert [path.name for path in (tmp_path / "blobs").iterdir()] == ["sha256-2"]
